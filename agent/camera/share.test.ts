import test from 'ava';
import { LookShare, type Seat } from './share.ts';

/** A looker of so many workers whose looks end when told. */
function rig(workers: number) {
  const running: (() => void)[] = [];
  const started: string[] = [];
  const looker = {
    workers,
    get busy() {
      return running.length;
    },
  };
  const share = new LookShare(looker);
  const offer = (seat: Seat, name: string, time: number) =>
    share.offer(seat, time, () => {
      started.push(`${name}${time}`);
      return new Promise<void>((done) => {
        const end = () => {
          running.splice(running.indexOf(end), 1);
          done();
        };
        running.push(end);
      });
    });
  const finish = async () => {
    running[0]?.();
    for (let i = 0; i < 5; i++) await Promise.resolve();
  };
  return { share, offer, finish, started };
}

test('a free worker is used at once; a newer frame takes the place of one that waits', async (t) => {
  const { share, offer, finish, started } = rig(1);
  const seat = share.join();
  for (const time of [0, 100, 200, 300]) offer(seat, 'a', time);
  t.deepEqual(started, ['a0']);
  await finish();
  t.deepEqual(started, ['a0', 'a300']);
  t.is(seat.replaced, 2);
});

test('cameras of equal wishes take turns, however eagerly one of them offers', async (t) => {
  const { share, offer, finish, started } = rig(1);
  const seats = ['a', 'b', 'c'].map((name) => ({ name, seat: share.join() }));
  for (let time = 0; time < 3000; time += 100) {
    for (const { name, seat } of seats) if (name === 'a' || time % 300 === 0) offer(seat, name, time);
    await finish();
  }
  const count = (name: string) => started.filter((one) => one.startsWith(name)).length;
  t.true(Math.abs(count('a') - count('b')) <= 2 && Math.abs(count('b') - count('c')) <= 1, started.join(' '));
});

test('a weight of three is three times as many looks while workers are short, and nobody waits for ever', async (t) => {
  const { share, offer, finish, started } = rig(1);
  const [hot, calm] = [share.join(), share.join()];
  hot.weight = 3;
  for (let time = 0; time < 8000; time += 100) {
    offer(hot, 'h', time);
    offer(calm, 'c', time);
    await finish();
  }
  const ratio =
    started.filter((one) => one.startsWith('h')).length / started.filter((one) => one.startsWith('c')).length;
  t.true(ratio > 2 && ratio < 4, `${ratio}`);
});

test('while a look that is due waits, those that run are told that it is enough', async (t) => {
  const { share, offer, finish } = rig(1);
  const [a, b] = [share.join(), share.join()];
  offer(a, 'a', 0);
  t.is(share.enough[0], 0);
  offer(b, 'b', 10);
  t.is(share.enough[0], 1);
  await finish();
  t.is(share.enough[0], 0);
  offer(a, 'a', 20);
  t.is(share.enough[0], 1);
  share.leave(a);
  t.is(share.enough[0], 0);
});

test('a camera that has left is not started any more', async (t) => {
  const { share, offer, finish, started } = rig(1);
  const [a, b] = [share.join(), share.join()];
  offer(a, 'a', 0);
  offer(b, 'b', 0);
  share.leave(b);
  await finish();
  t.deepEqual(started, ['a0']);
});

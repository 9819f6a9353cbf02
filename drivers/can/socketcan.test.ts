// drivers/can: SocketCAN. The machine that tests has no CAN: the package's absence and an interface's absence are real,
// frames come from a stand-in for the kernel.
import test from 'ava';
import { SocketCanSource } from './socketcan-source.ts';
import type { CanFrame, CanLoss } from './types.ts';

type Callback = (message: never) => void;

class Kernel {
  callbacks = new Map<string, Callback>();
  opened = 0;
  stopped = 0;
  failing = false;
  createRawChannelWithOptions(name: string, options: { timestamps: boolean }) {
    if (this.failing || name !== 'can0' || !options.timestamps) throw new Error('No such device');
    this.opened++;
    return {
      addListener: (event: string, callback: Callback) => void this.callbacks.set(event, callback),
      start: () => {},
      stop: () => void this.stopped++,
    };
  }
  tell(event: string, message?: object): void {
    this.callbacks.get(event)!(message as never);
  }
}

function ear() {
  const frames: CanFrame[] = [];
  const events: string[] = [];
  let wake: (() => void) | undefined;
  const listener = {
    frame: (frame: CanFrame) => void frames.push(frame),
    lost: (loss: CanLoss) => {
      events.push(loss.code);
      wake?.();
    },
    back: () => {
      events.push('back');
      wake?.();
    },
    ended: () => void events.push('ended'),
  };
  const until = async (condition: () => boolean) => {
    while (!condition()) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { frames, events, listener, until };
}

test('frames carry the kernel’s time; remote, error and nonsense are counted; nothing can be sent', async (t) => {
  const kernel = new Kernel();
  const { frames, events, listener } = ear();
  const source = new SocketCanSource('can0', { load: async () => kernel });
  source.start(listener);
  await new Promise(setImmediate);
  const base = { id: 0x18fef100, ext: true, ts_sec: 1436509052, ts_usec: 249713, data: Buffer.from([1, 2]) };
  kernel.tell('onMessage', base);
  kernel.tell('onMessage', { ...base, rtr: true });
  kernel.tell('onMessage', { ...base, err: true });
  kernel.tell('onMessage', { ...base, ext: false });
  kernel.tell('onMessage', { ...base, ts_sec: undefined });
  t.is(frames.length, 1);
  t.is(frames[0]!.time, 1436509052249.713);
  t.like(source.counters, { frames: 1, extended: 1, remote: 1, error: 1 });
  t.is(source.counters.bad.id, 1);
  t.is(source.counters.bad.time, 1);
  t.deepEqual(events, []);
  t.false('send' in source);
  await source.stop();
  t.is(kernel.stopped, 1);
});

test('an interface that goes down is told once, tried again, and told when it is back', async (t) => {
  const kernel = new Kernel();
  const { events, listener, until } = ear();
  const source = new SocketCanSource('can0', { load: async () => kernel, retryMs: 1 });
  source.start(listener);
  await new Promise(setImmediate);
  kernel.failing = true;
  kernel.tell('onStopped');
  kernel.failing = false;
  await until(() => events.includes('back'));
  t.deepEqual(events, ['CAN_STOPPED', 'back']);
  t.is(kernel.opened, 2);
  await source.stop();
});

test('without the package a clear loss says what to do', async (t) => {
  const loss = await new Promise<CanLoss>((lost) => {
    new SocketCanSource('can0', { load: () => Promise.reject(new Error('Cannot find package')) }).start({
      ...ear().listener,
      lost,
    });
  });
  t.is(loss.code, 'CAN_DRIVER_MISSING');
  t.regex(loss.message, /can0.*socketcan.*setup/);
});

test('the real package, where it is installed: an interface that is not there is a loss, not a crash', async (t) => {
  const loss = await new Promise<CanLoss>((lost) => {
    const source = new SocketCanSource('kerbnone0');
    source.start({ ...ear().listener, lost });
    t.teardown(() => source.stop());
  });
  t.regex(loss.code, /^CAN_(INTERFACE|DRIVER_MISSING)$/);
  t.regex(loss.message, /kerbnone0/);
});

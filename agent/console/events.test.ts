// A slow page: it skips frames and states, never a case, and it is cut off rather than queued for without bounds.
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import test from 'ava';
import { Client } from './events.ts';
import { frame, madeCase, STATE } from './made.ts';
import { VEHICLE } from './made-vehicle.ts';

/** An answer whose socket takes only what it is told to. */
class Pipe extends EventEmitter {
  takes = true;
  destroyed = false;
  written: string[] = [];
  write(text: string): boolean {
    this.written.push(text);
    return this.takes;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }
  end(): void {
    this.emit('close');
  }
}

function open() {
  const pipe = new Pipe();
  return { pipe, client: new Client(pipe as unknown as ServerResponse) };
}

test('while blocked only the newest frame, state and word of the vehicle wait, and every case', (t) => {
  const { pipe, client } = open();
  pipe.takes = false;
  client.send({ event: 'frame', data: frame(1, 1) });
  for (let seq = 2; seq <= 9; seq++) {
    client.send({ event: 'frame', data: frame(seq, 1) });
    client.send({ event: 'state', data: STATE });
    client.send({ event: 'vehicle', data: { ...VEHICLE, time: seq } });
    client.send({ event: 'case', data: madeCase(seq, 'waiting') });
  }
  client.beat();
  t.is(pipe.written.length, 1);
  pipe.takes = true;
  pipe.emit('drain');
  t.is(pipe.written.length, 2);
  const events = [...pipe.written[1]!.matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, name, data]) => [
    name,
    JSON.parse(data!),
  ]);
  t.deepEqual(
    events.map(([name]) => name),
    [...Array<string>(8).fill('case'), 'state', 'vehicle', 'frame'],
  );
  t.is(events.at(-1)![1].seq, 9);
  t.is(events.at(-2)![1].time, 9);
  t.is(client.dropped, 21);
  client.send({ event: 'frame', data: frame(10, 1) });
  t.is(pipe.written.length, 3, 'it flows again');
  client.end();
});

test('a page that would miss a case is cut off', (t) => {
  const { pipe, client } = open();
  pipe.takes = false;
  client.send({ event: 'state', data: STATE });
  for (let n = 0; n < 256; n++) client.send({ event: 'case', data: madeCase(n, 'waiting') });
  t.false(pipe.destroyed);
  client.send({ event: 'case', data: madeCase(256, 'waiting') });
  t.true(pipe.destroyed);
});

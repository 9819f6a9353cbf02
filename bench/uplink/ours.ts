// bench: our box, as a process of its own: an outbox and an uplink that run on through an outage. In: argv: folder, port,
// what to send, records before and in the outage; over IPC: 'fill' once the broker is gone. Out: 'ready' when all of it is accepted.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { openOutbox } from '../../agent/outbox/index.ts';
import { Uplink } from '../../agent/uplink/index.ts';
import { type Load, textOf } from './load.ts';

const [dir = '', port = '', load = '', before = '', records = ''] = process.argv.slice(2);
const boot = randomUUID();
const clock = { wall: Date.now, mono: () => performance.now(), quality: () => 'synced' as const };
const outbox = await openOutbox(dir, { clock, bootId: boot, newEpoch: () => '00c0ffee00c0ffee' });
const uplink = new Uplink({
  city: 'bozhou',
  device: 'box-1',
  broker: `mqtt://127.0.0.1:${port}`,
  lanes: [outbox.lane('telemetry')],
  birth: () => ({ version: 'bench', boot, roles: ['vehicle'] }),
  clock,
  random: () => 0.5,
  limits: { backoff: 500, spread: 500, backoffMax: 500 },
});
process.on('disconnect', () => process.exit(0));

const GROUP = 200;
async function accept(count: number): Promise<void> {
  for (let n = 0; n < count; n += GROUP) {
    const made = Array.from({ length: Math.min(GROUP, count - n) }, (_, i) => ({
      kind: load === 'points' ? ('telemetry' as const) : ('opaque' as const),
      text: textOf(load as Load, n + i),
      stringified: true,
    }));
    const accepted = outbox.appendMany('telemetry', made);
    await outbox.flush('telemetry');
    await accepted;
  }
}

uplink.start();
const fill = once(process, 'message');
await accept(Number(before));
await fill;
while (uplink.state().state === 'online') await wait(10);
await accept(Number(records));
process.send?.('ready');

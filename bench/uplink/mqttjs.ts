// bench: mqtt.js as a box that goes through an outage. A process of its own. In: argv: store (memory or a folder of
// mqtt-level-store), port, what to send, messages before and in the outage; over IPC: 'fill' once the broker is gone. Out: 'ready' when
// it has taken all of it.
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type IStore } from 'mqtt';
import { type Load, textOf } from './load.ts';

const [store = '', port = '', load = '', before = '', messages = ''] = process.argv.slice(2);
/** The package brings no types. */
type LevelStore = (folder: string) => { incoming: IStore; outgoing: IStore };
const level = store === 'memory' ? null : (createRequire(import.meta.url)('mqtt-level-store') as LevelStore)(store);
const client = connect(`mqtt://127.0.0.1:${port}`, {
  protocolVersion: 5,
  clientId: 'box-1',
  clean: false,
  reconnectPeriod: 500,
  properties: { sessionExpiryInterval: 3600 },
  ...(level ? { incomingStore: level.incoming, outgoingStore: level.outgoing } : {}),
});
client.on('error', () => undefined);
process.on('disconnect', () => process.exit(0));

/** Resolves when the store has all of them. */
function give(count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    for (let n = 0; n < count; n++) {
      client.publish('box/1/records', textOf(load as Load, n), {
        qos: 1,
        cbStorePut: () => {
          if (--left === 0) resolve();
        },
      });
    }
  });
}

const fill = once(process, 'message');
await give(Number(before));
await fill;
while (client.connected) await wait(10);
await give(Number(messages));
process.send?.('ready');

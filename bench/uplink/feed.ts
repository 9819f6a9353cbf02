// bench: gives a local broker all messages over MQTT, QoS 1, as fast as it confirms them. In: argv: port, what to send, messages. Ends
// when all are confirmed.
import { connectAsync } from 'mqtt';
import { type Load, textOf } from './load.ts';

const [port = '', load = '', messages = ''] = process.argv.slice(2);
const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
const WINDOW = 500;
let next = 0;
await Promise.all(
  Array.from({ length: WINDOW }, async () => {
    while (next < Number(messages))
      await client.publishAsync('box/1/records', textOf(load as Load, next++), { qos: 1 });
  }),
);
await client.endAsync();

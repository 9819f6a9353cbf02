// bench: pours bytes into a socket. In: argv: port, bytes.
import { once } from 'node:events';
import { connect } from 'node:net';

const [port = '', bytes = ''] = process.argv.slice(2);
const piece = Buffer.alloc(200_000, 1);
const socket = connect(Number(port), '127.0.0.1');
for (let left = Number(bytes); left > 0; left -= piece.length) {
  if (!socket.write(left < piece.length ? piece.subarray(0, left) : piece)) await once(socket, 'drain');
}
socket.end();
await once(socket, 'close');

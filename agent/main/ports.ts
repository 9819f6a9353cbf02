// agent/main/demo: free TCP ports. A port that was asked for and is taken is an error; otherwise the next free one.
import { createServer } from 'node:net';
import { KerbError } from '../../contract/index.ts';

/** Whether a server can listen there now; gives the port (the system's choice for 0), or null if it is taken. */
export function tryPort(host: string, port: number): Promise<number | null> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') done(null);
      else if (error.code === 'EACCES') done(null);
      else
        fail(
          new KerbError(
            'PAGE_ADDRESS',
            `cannot listen there (${error.code})`,
            `--host ${host}`,
            'give an address of this machine',
          ),
        );
    });
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : port));
    });
  });
}

/** The page's port. @throws KerbError PAGE_PORT_TAKEN when `asked` is taken */
export async function pagePort(host: string, asked: number | null, first = 8088): Promise<number> {
  if (asked !== null) {
    const port = await tryPort(host, asked);
    if (port !== null) return port;
    throw new KerbError(
      'PAGE_PORT_TAKEN',
      'the port is taken',
      `${host}:${asked}`,
      'give another with --port or KERBSIDE_PORT',
    );
  }
  for (let port = first; port < first + 200; port++) {
    if ((await tryPort(host, port)) !== null) return port;
  }
  throw new KerbError('PAGE_PORT_TAKEN', `all ports from ${first} on are taken`, host, 'give one with --port');
}

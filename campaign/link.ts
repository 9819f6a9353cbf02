// campaign: the link between a program and the broker, as a TCP proxy that can be cut, slowed down or held up.
// In: a port to lead to. Out: a port of its own. Never: bytes out of order or changed; more than a bound in memory.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** pass: as it comes; cut: every connection is broken and none is made; stall: nothing moves, nothing breaks. */
export type LinkState = 'pass' | 'cut' | 'stall';
const MOST_HELD = 256 * 1024;

export class Link {
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #state: LinkState = 'pass';
  #delay = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => this.#join(socket));
  }

  /** @param target port on 127.0.0.1 that it leads to */
  static async open(target: number): Promise<Link> {
    const link = new Link(target);
    link.#server.listen(0, '127.0.0.1');
    await once(link.#server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** @param delay ms that each byte is under way, each direction */
  set(state: LinkState, delay = 0): void {
    this.#state = state;
    this.#delay = delay;
    for (const socket of this.#sockets) {
      if (state === 'cut') socket.destroy();
      else if (state === 'stall') socket.pause();
      else socket.resume();
    }
  }

  close(): void {
    this.set('cut');
    this.#server.close();
  }

  #join(near: Socket): void {
    if (this.#state === 'cut') return void near.destroy();
    const far = connect(this.#target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      if (this.#state === 'stall') from.pause();
      let held = 0;
      from.on('data', (data) => {
        held += data.length;
        if (held > MOST_HELD) from.pause();
        const pass = () => {
          held -= data.length;
          if (!to.destroyed) to.write(data);
          if (held <= MOST_HELD && this.#state !== 'stall') from.resume();
        };
        if (this.#delay > 0) setTimeout(pass, this.#delay);
        else pass();
      });
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}

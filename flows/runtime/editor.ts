// flows/runtime: the door of the editor. In: an order with minutes and a password. Out: a server that listens on
// 127.0.0.1 for so long. Never: a token, a websocket or a request that outlives the opening it belongs to.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { EditorOpen } from '../../contract/local.ts';

/** The name to log in with. */
export const EDITOR_USER = 'kerbside';
/** Wrong passwords that close the editor. */
const MAX_WRONG = 10;
const MAX_TOKENS = 16;

interface EditorUser {
  username: string;
  permissions: '*';
  token?: string;
}

export interface EditorState {
  open: boolean;
  port?: number;
  /** epoch ms */
  until?: number;
}

const digest = (text: string) => createHash('sha256').update(text).digest();

export class EditorDoor {
  /** Node-RED's server; it listens while the editor is open */
  readonly server: Server;
  readonly #port: number;
  readonly #now: () => number;
  readonly #changed: (state: EditorState) => void;
  readonly #sockets = new Set<Socket>();
  /** tokens of this opening; Node-RED keeps none of its own */
  readonly #tokens = new Set<string>();
  #password: Buffer | undefined;
  #wrong = 0;
  #until = 0;
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param now epoch ms */
  constructor(port: number, app: RequestListener, now: () => number, changed: (state: EditorState) => void) {
    this.#port = port;
    this.#now = now;
    this.#changed = changed;
    this.server = createServer({ requestTimeout: 30_000 }, (request, response) => {
      if (this.#foreign(request)) {
        response.writeHead(403).end();
        return;
      }
      app(request, response);
    });
    this.server.maxConnections = 32;
    this.server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    // a websocket from a page of another origin, or by another name of this address
    this.server.prependListener('upgrade', (request, socket) => {
      const { origin } = request.headers;
      if (this.#foreign(request) || (origin !== undefined && origin !== `http://${request.headers.host}`)) {
        socket.destroy();
      }
    });
  }

  get state(): EditorState {
    const address = this.server.listening ? (this.server.address() as AddressInfo) : null;
    return address ? { open: true, port: address.port, until: this.#until } : { open: false };
  }

  /** Node-RED's adminAuth: every token is ours. */
  get auth() {
    const user: EditorUser = { username: EDITOR_USER, permissions: '*' };
    return {
      type: 'credentials',
      users: async (name: string) => (this.#password && name === EDITOR_USER ? user : null),
      authenticate: async (name: string, password: string) => this.#login(name, password),
      tokens: async (token: string) => (this.#tokens.has(token) ? user : null),
    };
  }

  /** Opens, or opens anew with another password; whoever was in is out. */
  open(order: EditorOpen): Promise<void> {
    return this.#next(async () => {
      await this.#shut();
      this.#password = digest(order.password);
      await new Promise<void>((resolve, reject) => {
        this.server.once('error', reject);
        this.server.listen(this.#port, '127.0.0.1', () => {
          this.server.off('error', reject);
          resolve();
        });
      }).catch((error: unknown) => {
        this.#password = undefined;
        throw error;
      });
      const ms = order.minutes * 60_000;
      this.#until = this.#now() + ms;
      this.#timer = setTimeout(() => void this.close(), ms);
      this.#changed(this.state);
    });
  }

  /** Tokens are gone, sockets are cut, nothing listens. */
  close(): Promise<void> {
    return this.#next(async () => {
      if (!this.server.listening) return;
      await this.#shut();
      this.#changed(this.state);
    });
  }

  async #shut(): Promise<void> {
    clearTimeout(this.#timer);
    this.#tokens.clear();
    this.#password = undefined;
    this.#wrong = 0;
    const closed = this.server.listening
      ? new Promise<void>((resolve) => this.server.close(() => resolve()))
      : Promise.resolve();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #next(run: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(run);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #login(name: string, password: string): EditorUser | null {
    if (!this.#password) return null;
    if (name !== EDITOR_USER || !timingSafeEqual(digest(String(password)), this.#password)) {
      if (++this.#wrong >= MAX_WRONG) void this.close();
      return null;
    }
    const token = randomBytes(32).toString('base64url');
    const [oldest] = this.#tokens;
    if (this.#tokens.size >= MAX_TOKENS && oldest !== undefined) this.#tokens.delete(oldest);
    this.#tokens.add(token);
    return { username: EDITOR_USER, permissions: '*', token };
  }

  /** Whether a request came by another name than this address's own (DNS rebinding). */
  #foreign(request: IncomingMessage): boolean {
    return !/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '');
  }
}

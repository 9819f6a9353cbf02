// drivers/camera: the thread that speaks ONVIF, so that a camera which answers with garbage, or without end, costs a
// thread of bounded memory and time, and nothing else. In: one order at start. Out: one answer, unchecked, or an error.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { parentPort, workerData } from 'node:worker_threads';
import onvif from 'onvif';
import { oneLine } from '../../contract/errors.ts';

const { Cam, Discovery } = onvif; // CommonJS: it names no exports

/** What the thread is started for. */
export type OnvifOrder =
  | { readonly kind: 'discover'; readonly wait_ms: number }
  | { readonly kind: 'describe'; readonly url: string; readonly user: string; readonly password: string };

/** As the library hands things out: callbacks with an error first. */
type Ask<T> = (done: (error: Error | null, answer: T) => void) => void;
const asked = <T>(ask: Ask<T>) =>
  new Promise<T>((done, fail) => ask((error, answer) => (error ? fail(error) : done(answer))));
/** What a camera need not have. */
const optional = <T>(ask: Ask<T>) => asked(ask).catch(() => null);

/** Streams and presets asked for at most. */
const MAX_PROFILES = 16;

/** Bytes of one connection; the library itself takes all that comes. */
const MAX_BYTES = 2 << 20;

/** A connection of this agent ends once it has brought too much. */
function bounded<A extends HttpAgent>(agent: A): A {
  const { createConnection } = agent;
  agent.createConnection = (options, done) => {
    const socket = createConnection.call(agent, options, done) as Duplex;
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) socket.destroy(new Error('it answers without end'));
    });
    return socket;
  };
  return agent;
}

async function discover(wait_ms: number): Promise<unknown> {
  Discovery.on('error', () => {}); // one camera's garbage hides no other
  const found = await new Promise<unknown[]>((done) => {
    Discovery.probe({ timeout: wait_ms, resolve: false }, (_error, cameras) => done(cameras ?? []));
  });
  return found;
}

async function describe({ url, user, password }: Extract<OnvifOrder, { kind: 'describe' }>): Promise<unknown> {
  const { hostname, port, pathname, protocol } = new URL(url);
  const secure = protocol === 'https:';
  const camera = new Cam({
    hostname,
    port: Number(port) || (secure ? 443 : 80),
    path: pathname === '/' ? '/onvif/device_service' : pathname,
    username: user,
    password,
    useSecure: secure,
    timeout: 8000,
    autoconnect: false,
    // its services lie where it was found: an address that it names could be another host's, and would get the password
    preserveAddress: true,
    // cameras sign their own certificates; nothing but Digest's answer is shown to them
    secureOpts: { rejectUnauthorized: false },
    agent: bounded(secure ? new HttpsAgent({ rejectUnauthorized: false }) : new HttpAgent()),
  });
  camera.on('error', () => {});
  camera.on('warning', () => {});
  await asked<void>((done) => camera.connect((error) => done((error as Error | false) || null)));
  const device = await optional<unknown>((done) => camera.getDeviceInformation(done));
  const profiles = [];
  for (const profile of (camera.profiles ?? []).slice(0, MAX_PROFILES)) {
    const profileToken = String((profile as { $?: { token?: unknown } }).$?.token ?? '');
    profiles.push({
      token: profileToken,
      profile,
      stream: await optional<unknown>((done) => camera.getStreamUri({ protocol: 'RTSP', profileToken }, done)),
      snapshot: await optional<unknown>((done) => camera.getSnapshotUri({ profileToken }, done)),
      presets: await optional<unknown>((done) => camera.getPresets({ profileToken }, done)),
    });
  }
  return { device, profiles };
}

const order = workerData as OnvifOrder;
try {
  const answer = await (order.kind === 'discover' ? discover(order.wait_ms) : describe(order));
  // As JSON: what the library builds may hold what a message cannot carry.
  parentPort!.postMessage({ answer: JSON.stringify(answer) });
} catch (error) {
  parentPort!.postMessage({ error: oneLine(error) });
}

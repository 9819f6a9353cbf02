// drivers/camera: what ONVIF cameras are in this network, and what streams and presets one has (ONVIF Profile S and T).
// In: an address, name and password. Out: checked answers with bounds. Never: a camera's garbage beyond its own thread; a
// password sent to another host than the one that was named.
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { KerbError } from '../../contract/errors.ts';
import type { OnvifOrder } from './onvif-worker.ts';
import { meaningOf } from './probe.ts';
import { withoutSecrets } from './source.ts';

export interface FoundCamera {
  /** of its device service: what `describeCamera` takes */
  readonly address: string;
  readonly name: string;
  readonly hardware: string;
}

export interface OnvifProfile {
  readonly token: string;
  readonly name: string;
  /** RTSP address, without name and password; null: it gave none */
  readonly stream: string | null;
  /** address of single pictures; null: it has none */
  readonly snapshot: string | null;
  /** as the camera names it: H264, H265, JPEG */
  readonly codec: string | null;
  readonly width: number | null;
  readonly height: number | null;
  /** pictures per second at most */
  readonly rate: number | null;
  /** positions that it can be turned to */
  readonly presets: readonly { readonly token: string; readonly name: string }[];
}

export interface OnvifCamera {
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
  readonly profiles: readonly OnvifProfile[];
}

/** What one camera's answers may take of the box. */
const MEMORY_MB = 64;
const MAX_ANSWER = 1 << 20;
const MAX_CAMERAS = 512;

const text = z.coerce.string().transform((value) => value.slice(0, 200));
const address = (schemes: RegExp) =>
  z
    .string()
    .max(1024)
    .refine((uri) => schemes.test(uri) && URL.canParse(uri));
const rtsp = address(/^rtsps?:\/\//i);
const http = address(/^https?:\/\//i);
const whole = z.coerce.number().int().min(0).max(100_000);

const profileSchema = z.object({
  token: text,
  profile: z.object({
    name: text.catch(''),
    videoEncoderConfiguration: z
      .object({
        encoding: text.nullable().catch(null),
        resolution: z.object({ width: whole, height: whole }).nullable().catch(null),
        rateControl: z
          .object({ frameRateLimit: z.coerce.number().min(0).max(1000) })
          .nullable()
          .catch(null),
      })
      .nullable()
      .catch(null),
  }),
  stream: z.object({ uri: rtsp }).nullable().catch(null),
  snapshot: z.object({ uri: http }).nullable().catch(null),
  /** by name, as the library gives them */
  presets: z.record(z.string().max(200), z.object({ $: z.object({ token: text }) })).catch({}),
});
const cameraSchema = z.object({
  device: z
    .object({ manufacturer: text.catch(''), model: text.catch(''), firmwareVersion: text.catch('') })
    .nullable()
    .catch(null),
  profiles: z.array(profileSchema).max(16),
});
const matchSchema = z.object({
  probeMatches: z.object({
    probeMatch: z.object({ XAddrs: z.string().max(4096), scopes: z.string().max(16_384).catch('') }),
  }),
});

/** Cameras that answer a WS-Discovery probe in the box's own network within the time. Those that answer garbage are left out. */
export async function discoverCameras(wait_ms = 3000): Promise<FoundCamera[]> {
  const answer = await ask({ kind: 'discover', wait_ms }, 'WS-Discovery', wait_ms + 3000);
  const list = z.array(z.unknown()).max(MAX_CAMERAS).safeParse(answer).data ?? [];
  return list.flatMap((one) => foundOf(one) ?? []);
}

function foundOf(one: unknown): FoundCamera | null {
  const match = matchSchema.safeParse(one).data?.probeMatches.probeMatch;
  const found = match?.XAddrs.split(/\s+/).find((uri) => http.safeParse(uri).success);
  if (!match || found === undefined) return null;
  const scope = (kind: string) => {
    const value = new RegExp(`onvif://www\\.onvif\\.org/${kind}/(\\S+)`).exec(match.scopes)?.[1] ?? '';
    try {
      return decodeURIComponent(value).slice(0, 200);
    } catch {
      return value.slice(0, 200);
    }
  };
  return { address: found, name: scope('name'), hardware: scope('hardware') };
}

/**
 * Streams, snapshot addresses and presets of one camera.
 * @param address http://user:password@host[:port][/onvif/device_service]
 * @throws KerbError ONVIF_ADDRESS, ONVIF_GARBAGE; CAMERA_PASSWORD, CAMERA_UNREACHABLE, CAMERA_UNREADABLE
 */
export async function describeCamera(address: string, within_ms = 30_000): Promise<OnvifCamera> {
  const shown = withoutSecrets(address);
  if (!http.safeParse(address).success) {
    throw new KerbError('ONVIF_ADDRESS', 'is no address of a camera', shown, 'give http://user:password@host');
  }
  const url = new URL(address);
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  url.username = '';
  url.password = '';
  const answer = await ask({ kind: 'describe', url: url.toString(), user, password }, shown, within_ms);
  const camera = cameraSchema.safeParse(answer);
  if (!camera.success) throw garbage(shown, 'answers what no camera should');
  const { device, profiles } = camera.data;
  return {
    manufacturer: device?.manufacturer ?? '',
    model: device?.model ?? '',
    firmware: device?.firmwareVersion ?? '',
    profiles: profiles.map(profileOf),
  };
}

function profileOf({ token, profile, stream, snapshot, presets }: z.infer<typeof profileSchema>): OnvifProfile {
  const video = profile.videoEncoderConfiguration;
  return {
    token,
    name: profile.name,
    stream: stream ? withoutSecrets(stream.uri) : null,
    snapshot: snapshot ? withoutSecrets(snapshot.uri) : null,
    codec: video?.encoding ?? null,
    width: video?.resolution?.width ?? null,
    height: video?.resolution?.height ?? null,
    rate: video?.rateControl?.frameRateLimit ?? null,
    presets: Object.entries(presets)
      .slice(0, 300)
      .map(([name, preset]) => ({ token: preset.$.token, name })),
  };
}

const garbage = (where: string, what: string) =>
  new KerbError('ONVIF_GARBAGE', what, where, "take its stream's address from its own page and write it into the site");

/** Runs one order in a thread of its own. */
function ask(order: OnvifOrder, where: string, within_ms: number): Promise<unknown> {
  const worker = new Worker(new URL('./onvif-worker.ts', import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB, maxYoungGenerationSizeMb: 8 },
    stdout: true,
    stderr: true,
  });
  return new Promise<unknown>((done, fail) => {
    const late = setTimeout(() => {
      const what = `did not answer within ${Math.round(within_ms / 1000)} s`;
      fail(new KerbError('CAMERA_UNREACHABLE', what, where, 'look at its power, its cable and its address'));
    }, within_ms);
    worker.once('message', ({ answer, error }: { answer?: string; error?: string }) => {
      clearTimeout(late);
      if (error !== undefined) fail(faultOf(error, where));
      else if (answer === undefined || answer.length > MAX_ANSWER) fail(garbage(where, 'answers far too much'));
      else done(JSON.parse(answer));
    });
    worker.once('error', (error) => {
      clearTimeout(late);
      fail(garbage(where, `answers what cannot be read (${error.message.slice(0, 100)})`));
    });
  }).finally(() => worker.terminate());
}

function faultOf(error: string, where: string): KerbError {
  const words = withoutSecrets(error).slice(0, 200);
  // what a SOAP service says to a wrong password: ONVIF Core Specification 5.12, ter:NotAuthorized
  const code = /NotAuthorized|not authorized|sender not/i.test(words) ? 'CAMERA_PASSWORD' : meaningOf(words);
  if (code === 'CAMERA_UNREADABLE') return garbage(where, `answers what cannot be read (${words})`);
  const [what, remedy] =
    code === 'CAMERA_PASSWORD'
      ? ['refuses the name or the password', 'give them in the address, http://user:password@host']
      : ['cannot be reached', 'look at its power, its cable and its address'];
  return new KerbError(code, `${what} (${words})`, where, remedy);
}

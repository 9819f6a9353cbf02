// agent/main/demo: the files that the demo's programs start from, written anew at each start (0600: passwords).
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { centreUser, deviceUser } from '../../../deploy/broker-users.ts';
import { streetsGeoJson } from '../drive/geojson.ts';

export const CITY = 'bozhou';
export const DEVICE = 'demo-box-1';
/** Which of the made-up tours the demo's truck drives. */
export const DRIVE_SEED = 1;

/** The folder of this checkout. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface DemoHome {
  readonly home: string;
  readonly agent: string;
  readonly centre: string;
  /** configuration and process lists of the demo itself */
  readonly demo: string;
  readonly flows: string;
  /** the made-up truck's ptys */
  readonly drive: string;
  /** what its operator makes: `repository`, and `root.json`, whom the box trusts */
  readonly updates: string;
}

export function demoHome(home: string): DemoHome {
  return {
    home,
    agent: join(home, 'agent'),
    centre: join(home, 'centre'),
    demo: join(home, 'demo'),
    flows: join(home, 'flows'),
    drive: join(home, 'drive'),
    updates: join(home, 'updates'),
  };
}

export interface DemoOptions {
  readonly page: { host: string; port: number };
  readonly brokerPort: number;
  /** of the centre, which serves the repository of updates too */
  readonly centrePort: number;
  /** a file or an address; null where no footage is to be had */
  readonly source: string | null;
  readonly workers: number;
}

/** Writes the broker's and the agent's configuration; gives their paths and the centre's broker address. */
export async function writeDemoFiles(at: DemoHome, options: DemoOptions) {
  const password = () => randomBytes(18).toString('base64url');
  const [device, centre] = [password(), password()];
  await mkdir(at.demo, { recursive: true, mode: 0o700 });
  const host = '127.0.0.1';
  const address = (user: string, secret: string) => `mqtt://${user}:${secret}@${host}:${options.brokerPort}`;
  const broker = join(at.demo, 'broker.json');
  await writePrivate(
    broker,
    JSON.stringify({ host, port: options.brokerPort, users: [deviceUser(CITY, DEVICE, device), centreUser(centre)] }),
  );
  const streets = join(at.demo, 'streets.geojson');
  await writePrivate(streets, streetsGeoJson());
  const box = join(at.demo, 'box.yaml');
  await writePrivate(
    box,
    stringify({
      version: 1,
      device: DEVICE,
      city: CITY,
      data: at.agent,
      page: options.page,
      uplink: { url: address(DEVICE, device), reconnect_max_s: 5, reconnect_spread_s: 1 },
      updates: {
        url: `http://${host}:${options.centrePort}/updates`,
        root: join(at.updates, 'root.json'),
        poll_s: 10,
        jitter_s: 1,
      },
      camera: {
        site: join(ROOT, 'examples/street/site.yaml'),
        // With no footage the camera is shown as lost, with the words of how to give another.
        source: options.source ?? join(at.demo, 'no-footage'),
        loop: true,
        workers: options.workers,
      },
      vehicle: {
        profile: join(ROOT, 'examples/truck/profile.yaml'),
        gnss: { port: join(at.drive, 'gnss'), baud: 9600 },
        can: { slcan: join(at.drive, 'can'), baud: 115_200, bit_rate: 250_000 },
        lines: 'fake',
        map: streets,
      },
      outputs: [{ id: 'lamp', name: { zh: '违停警示灯', en: 'Parking lamp' }, gpio: 'fake' }],
      // a free port for the editor: several demos may run side by side
      flows: { folder: at.flows, editor_port: 0, ready: 'lamp' },
    }),
  );
  return { broker, box, centreBroker: address('centre', centre) };
}

/** The program of flows: as it is written here, or as a release has it. */
export function flowsProgram(): string {
  const packed = join(ROOT, 'flows/main.js');
  return existsSync(packed) ? packed : join(ROOT, 'flows/main.ts');
}

async function writePrivate(file: string, text: string): Promise<void> {
  const part = `${file}.part`;
  await writeFile(part, text, { mode: 0o600 });
  await chmod(part, 0o600);
  await rename(part, file);
}

// agent/main/flows: what the process of flows starts from. In: the box's configuration, the port of the local broker.
// Out: config.json and two secrets in the flows' folder, each whole or as it was, readable by their owner only.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { FlowsRole } from '../../config/outputs.ts';

/** The name under which flows join the local broker. */
export const FLOWS_USER = 'flows';

const CONFIG = 'config.json';
const PASSWORD = 'bus-password';
const SECRET = 'secret';
/** Bytes of chance in each secret. */
const SECRET_BYTES = 24;

/** The password of the local broker; made once for this folder, with the secret that encrypts what flows must hide. */
export async function flowsPassword(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await secretOf(join(folder, SECRET));
  return secretOf(join(folder, PASSWORD));
}

async function secretOf(file: string): Promise<string> {
  const known = (await readFile(file, 'utf8').catch(() => '')).split('\n')[0]?.trim() ?? '';
  if (known.length >= 16 && known.length <= 128) {
    await chmod(file, 0o600);
    return known;
  }
  const made = randomBytes(SECRET_BYTES).toString('base64url');
  await writeWhole(file, `${made}\n`);
  return made;
}

/** The port that the broker had before, so that flows which still run find it again; 0: none. */
export async function lastPort(folder: string): Promise<number> {
  try {
    const { broker } = JSON.parse(await readFile(join(folder, CONFIG), 'utf8')) as { broker?: { url?: unknown } };
    const port = Number(/^mqtt:\/\/127\.0\.0\.1:(\d{1,5})$/.exec(String(broker?.url))?.[1] ?? 0);
    return port <= 65535 ? port : 0;
  } catch {
    return 0;
  }
}

/** Writes config.json (flows/runtime/config.ts reads it), unless it says so already: flows start anew on a change. */
export async function writeFlowsConfig(folder: string, role: FlowsRole, port: number): Promise<string> {
  const { editor_port, memory_mb, hang_s, ready } = role;
  const config = {
    broker: { url: `mqtt://127.0.0.1:${port}`, user: FLOWS_USER, password_file: PASSWORD },
    user_dir: '.',
    secret_file: SECRET,
    editor: { port: editor_port },
    memory_mb,
    hang_s,
    ...(ready === undefined ? {} : { ready }),
  };
  const file = join(folder, CONFIG);
  const text = `${JSON.stringify(config, null, 2)}\n`;
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) await writeWhole(file, text);
  return file;
}

/** No flows are wanted: a process of flows that still runs ends, and none is started (deploy/slot/flows waits). */
export async function forgetFlowsConfig(folder: string): Promise<void> {
  await rm(join(folder, CONFIG), { force: true });
}

async function writeWhole(file: string, text: string): Promise<void> {
  const part = `${file}.part`;
  await rm(part, { force: true });
  const handle = await open(part, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, file);
}

// drivers/camera, for tests: starts the real RTSP server of testing-rtsp.py, ends it, starts it again on the same port.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';

export interface Mount {
  codec: 'h264' | 'h265';
  size: [number, number];
  rate?: number;
}

export interface RtspOptions {
  mounts: Record<string, Mount>;
  user?: string;
  password?: string;
}

export class RtspServer {
  port = 0;
  #process: ChildProcess | null = null;

  /** @throws when the system packages of the server are missing */
  async start(options: RtspOptions): Promise<void> {
    const script = fileURLToPath(new URL('testing-rtsp.py', import.meta.url));
    const args = [script, JSON.stringify({ ...options, port: this.port })];
    const child = spawn('/usr/bin/python3', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#process = child;
    let complaint = '';
    child.stderr.on('data', (text) => {
      complaint = (complaint + text).slice(-2000);
    });
    const line = await Promise.race([
      once(createInterface({ input: child.stdout }), 'line'),
      once(child, 'close').then(() => null),
    ]);
    if (!line) throw new Error(`the RTSP server of the tests did not start: ${complaint}`);
    this.port = Number(String(line[0]).split(' ')[1]);
  }

  url(path: string, login = ''): string {
    return `rtsp://${login}127.0.0.1:${this.port}${path}`;
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(name);
  }

  async stop(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  }
}

/** A server that is gone when the test ends. */
export async function rtspServer(t: ExecutionContext, options: RtspOptions): Promise<RtspServer> {
  const server = new RtspServer();
  t.teardown(() => server.stop());
  await server.start(options);
  return server;
}

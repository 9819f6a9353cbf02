// agent/main: the one place of the agent that reads the environment (law of the house).
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { KerbError } from '../../contract/errors.ts';

export interface Env {
  /** all state of a box */
  readonly home: string;
  /** Node, fetched models and footage */
  readonly cache: string;
  /** the page's port, where one was asked for */
  readonly port: number | null;
  /** where the box is installed; null in a checkout */
  readonly installed: { opt: string; home: string; run: string; slot: 'a' | 'b' } | null;
}

/** Reads KERBSIDE_HOME, KERBSIDE_CACHE, KERBSIDE_PORT and what the launcher says of its slot. @throws KerbError ENV_PORT */
export function env(source: NodeJS.ProcessEnv = process.env): Env {
  const port = source['KERBSIDE_PORT'];
  return {
    home: resolve(source['KERBSIDE_HOME'] || join(homedir(), '.local/share/kerbside')),
    cache: resolve(source['KERBSIDE_CACHE'] || join(homedir(), '.cache/kerbside')),
    port: port ? parsePort(port, 'KERBSIDE_PORT') : null,
    installed: installed(source),
  };
}

/** What deploy/launcher says to the programs of a slot. */
function installed(source: NodeJS.ProcessEnv): Env['installed'] {
  const { KERBSIDE_OPT: opt, KERBSIDE_HOME: home, KERBSIDE_RUN: run, KERBSIDE_SLOT: slot } = source;
  return opt && home && run && (slot === 'a' || slot === 'b') ? { opt, home, run, slot } : null;
}

/** A TCP port from text; 0 lets the system choose. @throws KerbError ENV_PORT */
export function parsePort(text: string, where: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new KerbError('ENV_PORT', `"${text}" is not a port`, where, 'give a number from 0 to 65535');
  }
  return port;
}

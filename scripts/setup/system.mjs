// Set-up, system packages: what Kerbside calls that npm does not bring. Root installs them through apt; else one line says how.
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, say } from './run.mjs';

/**
 * The packages in one table, which `kerbside doctor` reads too. apt: Debian's package; program or file: how its
 * presence is seen; for: who needs it; without: what does not work.
 */
const SYSTEM_PACKAGES = JSON.parse(readFileSync(new URL('../../agent/health/packages.json', import.meta.url), 'utf8'));

/** The folders of PATH, and those where Debian puts servers. */
const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/bin'].filter(Boolean);

/** Whether what this package brings is there: a program in PATH, or a file. */
export function isThere({ program, file }) {
  const candidates = file ? [file] : folders.map((folder) => join(folder, program));
  return candidates.some((path) => {
    try {
      accessSync(path, file ? constants.R_OK : constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Installs what is missing for this purpose; gives whether it did anything. */
export async function installSystemPackages({ purpose, label }) {
  const wanted = SYSTEM_PACKAGES.filter((p) => purpose === 'all' || p.for.includes(purpose));
  const missing = [...new Set(wanted.filter((p) => !isThere(p)).map((p) => p.apt))];
  if (missing.length === 0) return false;
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (process.getuid() !== 0 || !isThere({ program: 'apt-get' })) {
    say(`${label} system packages are missing; install them as root: ${command}`);
    return false;
  }
  say(`${label} system packages: ${missing.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], { env, what: 'apt-get install' });
  try {
    await install();
  } catch {
    // The package lists are missing or too old: refresh them once.
    try {
      await run('apt-get', ['update', '-q'], { env, what: 'apt-get update' });
      await install();
    } catch (error) {
      say(
        `${error.message}\n${label} going on without: ${missing.join(' ')} (kerbside doctor says what does not work)`,
      );
    }
  }
  return true;
}

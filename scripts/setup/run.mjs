// Set-up's tools: speaking, running a command with a sign of life, one set-up at a time. Plain JavaScript, Node >= 18.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** A fault that is told in one line. */
export class Failure extends Error {
  constructor(message, status = 1) {
    super(message);
    this.status = status;
  }
}

export function say(text) {
  process.stderr.write(`kerbside set-up: ${text}\n`);
}

/** $KERBSIDE_CACHE, made if missing. */
export function cacheFolder() {
  const folder = resolve(process.env.KERBSIDE_CACHE || join(homedir(), '.cache/kerbside'));
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Runs a command; what it prints is kept and shown only if it fails. Says every 10 s that it is still at work.
 * @param {{cwd?: string, env?: Record<string, string>, what: string}} options
 * @returns {Promise<string>} what it wrote to stdout
 */
export function run(command, args, { cwd, env, what }) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const started = Date.now();
    const beat = setInterval(() => say(`  ${what}: ${Math.round((Date.now() - started) / 1000)} s`), 10_000);
    let out = '';
    let all = '';
    const keep = (text) => {
      all = (all + text).slice(-20_000);
    };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out = (out + text).slice(-1_000_000);
      keep(text);
    });
    child.stderr.setEncoding('utf8').on('data', keep);
    child.on('error', (error) => {
      clearInterval(beat);
      fail(new Failure(`${what}: ${command} cannot be run (${error.code})`));
    });
    child.on('close', (status, signal) => {
      clearInterval(beat);
      if (status === 0) return done(out);
      const tail = all.trim().split('\n').slice(-12).join('\n    ');
      fail(new Failure(`${what} failed (${signal ?? `exit ${status}`}):\n    ${tail}`));
    });
  });
}

/** Runs `work` while no other set-up does; one that died leaves a lock that the next takes over. */
export async function exclusive(lock, work) {
  for (let told = false; ; ) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!holderLives(lock)) {
      rmSync(lock, { recursive: true, force: true });
      continue;
    }
    if (!told) say('another set-up is at work; waiting for it');
    told = true;
    await new Promise((next) => setTimeout(next, 300));
  }
  writeFileSync(join(lock, 'pid'), String(process.pid));
  const release = () => rmSync(lock, { recursive: true, force: true });
  process.once('exit', release);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  try {
    return await work();
  } finally {
    release();
  }
}

function holderLives(lock) {
  let pid;
  try {
    pid = Number(readFileSync(join(lock, 'pid'), 'utf8'));
  } catch {
    return true; // just made: its pid comes in a moment
  }
  if (!pid) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Writes a file so that it is either the old or the new one. */
export function writeWhole(file, data) {
  mkdirSync(dirname(file), { recursive: true });
  const part = `${file}.${process.pid}.part`;
  writeFileSync(part, data);
  renameSync(part, file);
}

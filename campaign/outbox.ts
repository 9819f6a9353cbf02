// campaign: outbox. A box that writes and sends, a real mosquitto, the real centre; each is killed at random moments, the
// links between them are cut, held up and slowed, the disk is full, its power is cut, clocks are wrong by years.
// In: how many kills, a seed. Out: a row for each figure. At the end the centre has to hold each accepted record exactly
// once, byte for byte. Never: a ledger in a process that is killed, or anything left behind.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Random } from '../agent/main/drive/random.ts';
import { compare, type Figure } from './compare.ts';
import { Field } from './field.ts';
import { Plan, type Step } from './plan.ts';

export interface CampaignOptions {
  kills: number;
  /** ends sooner after so many seconds */
  seconds: number;
  seed: number;
  /** whether this process has a mount namespace of its own, and may mount */
  mounts: boolean;
  /** progress and reasons, a line each */
  say: (line: string) => void;
  /** ends it without a verdict */
  signal: AbortSignal;
}

/** After the last kill all has to arrive within (ms). */
const DRAIN = 300_000;

export async function campaign(options: CampaignOptions): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'kerbside-campaign-'));
  const field = await Field.make(dir, options);
  try {
    return await Promise.race([course(field, options), stopped(options.signal)]);
  } finally {
    await field.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function course(field: Field, options: CampaignOptions): Promise<Figure[]> {
  await field.start();
  const took = await kills(field, options);
  const drained = await field.drain(DRAIN);
  return compare(field, { ...took, drained });
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
  });
}

/** The kills, one step after the other. */
async function kills(field: Field, { kills: wanted, seconds, seed, say, signal }: CampaignOptions) {
  const plan = new Plan(new Random(seed, 1));
  const started = performance.now();
  const end = started + seconds * 1000;
  for (let number = 0; field.kills < wanted && performance.now() < end && !signal.aborted; number++) {
    await run(field, plan.next());
    if (number % 20 === 19) say(progress(field, performance.now() - started));
  }
  return { seconds: (performance.now() - started) / 1000 };
}

async function run(field: Field, step: Step): Promise<void> {
  if (step.command) field.command();
  await wait(step.wait);
  let over: Promise<void> = Promise.resolve();
  if (step.trouble) {
    if ('flood' in step.trouble && step.trouble.flood > 0) await field.accepting();
    const heal = await field.troubles.begin(step.trouble);
    over = wait(step.lasts).then(heal);
    await wait(step.after);
  }
  await field.kill(step.victims, step.death);
  await wait(step.pause);
  await field.revive();
  await over;
  if (step.rest === 0) return;
  await field.accepting();
  await wait(step.rest);
}

function progress(field: Field, ms: number): string {
  const { alarm, case: cases, telemetry, evidence } = field.ledger.count;
  const accepted = `accepted ${alarm} alarms, ${cases} cases, ${telemetry} points, ${evidence} chunks`;
  return `${field.kills} kills in ${Math.round(ms / 1000)} s; ${accepted}`;
}

// campaign: everything that takes part: box, broker, centre, the links between them, the disk, the ledger and the witness.
// In: what is to happen. Out: that it has happened. Never: a kill that is counted and was none.
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../agent/health/clock.ts';
import { Random } from '../agent/main/drive/random.ts';
import { readNote } from '../centre/folder-lock.ts';
import { eventually, listening, node24, ROOT } from '../test/chain-rig.ts';
import { Asked } from './asked.ts';
import type { BoxOptions, Order } from './box.ts';
import { keyOf, Ledger } from './ledger.ts';
import { Link } from './link.ts';
import type { CampaignOptions } from './outbox.ts';
import type { Death, Victim } from './plan.ts';
import { lastingPort, mosquittoConf, Program } from './programs.ts';
import { Stage } from './stage.ts';
import { tear } from './tear.ts';
import { RECOVERS_WITHIN, Troubles } from './troubles.ts';
import { Witness } from './witness.ts';

/** When all is well, commands that were given are answered within (ms). */
const ANSWERS_WITHIN = 30_000;

export class Field {
  readonly database: string;
  readonly stage: Stage;
  readonly ledger = new Ledger();
  readonly witness: Witness;
  readonly asked: Asked;
  readonly agent: Program;
  readonly broker: Program;
  readonly intake: Program;
  readonly link: Link;
  readonly intakeLink: Link;
  readonly #random: Random;
  readonly #say: (line: string) => void;
  readonly #undo: string;
  readonly #brokerPort: number;
  #onEmpty = () => {};
  readonly #boot = systemClock().boot;
  #life = 0;
  /** ms that the clocks of the box and of the centre's next start are wrong */
  skew = 0;
  intakeSkew = 0;
  closing = false;
  #disk: Promise<void> = Promise.resolve();
  kills = 0;
  readonly counts = { agent: 0, broker: 0, intake: 0, cut: 0, tear: 0, torn: 0 };
  readonly troubles = new Troubles(this);

  private constructor(dir: string, stage: Stage, links: [Link, Link], brokerPort: number, options: CampaignOptions) {
    this.stage = stage;
    [this.link, this.intakeLink] = links;
    this.#brokerPort = brokerPort;
    this.#random = new Random(options.seed, 2);
    this.#say = options.say;
    this.#undo = join(dir, 'undo.ndjson');
    this.database = join(dir, 'db');
    const url = (port: number) => `mqtt://127.0.0.1:${port}`;
    const file = (name: string) => join(ROOT, 'campaign', name);
    this.agent = new Program(
      'agent',
      () => this.#agentCommand(file('box.ts'), url(this.link.port), options.seed),
      (line) => this.#heard(line),
    );
    const conf = mosquittoConf(made(join(dir, 'broker')), this.#brokerPort);
    this.broker = new Program(
      'broker',
      () => ({ command: 'mosquitto', args: ['-c', conf] }),
      () => undefined,
    );
    const args = ['run', '--broker', url(this.intakeLink.port), '--database', this.database];
    const preload = `--import=${pathToFileURL(file('skew.ts')).href}`;
    const intake = () => ({
      command: node24,
      args: [preload, join(ROOT, 'centre/cli.ts'), ...args],
      env: { CAMPAIGN_SKEW_MS: `${this.intakeSkew}` },
    });
    this.intake = new Program('intake', intake, () => undefined);
    for (const program of [this.agent, this.broker, this.intake]) {
      // What ends by itself is started again, as pm2 and systemd do: a box may be unable to start on a full disk.
      program.onCrash = () => {
        const again = async () => {
          if (!this.closing && !program.running) program.start();
        };
        setTimeout(() => void this.onDisk(again), 300);
      };
    }
    this.asked = new Asked(this.database, new Random(options.seed, 3));
    const onReply = (id: string, text: string) => this.asked.answered(id, text, this.#life);
    this.witness = new Witness(url(this.#brokerPort), onReply);
  }

  static async make(dir: string, options: CampaignOptions): Promise<Field> {
    const brokerPort = await lastingPort();
    const links: [Link, Link] = [await Link.open(brokerPort), await Link.open(brokerPort)];
    return new Field(dir, await Stage.make(dir, options.mounts), links, brokerPort, options);
  }

  #agentCommand(program: string, broker: string, seed: number) {
    rmSync(this.#undo, { force: true });
    const options: BoxOptions = {
      dir: this.stage.outbox,
      broker,
      seed,
      life: ++this.#life,
      skew: this.skew,
      undo: this.#undo,
    };
    return { command: node24, args: [program, JSON.stringify(options)] };
  }

  #heard(line: string): void {
    if (line === 'E') this.#onEmpty();
    if (line.startsWith('C ')) this.asked.runs(line.slice(2), this.#life);
    if (!this.ledger.take(line)) return;
    const [what, lane, epoch, seq] = line.split(' ') as [string, string, string, string];
    if (what === 'A') this.witness.accepted(lane, keyOf(lane, epoch, Number(seq)));
  }

  async start(): Promise<void> {
    if (!this.stage.isDisk)
      this.#say(`no disk of its own, so it is never full and never loses power: ${this.stage.why}`);
    this.broker.start();
    await listening(this.#brokerPort);
    this.intake.start();
    await this.#intakeReady();
    this.agent.start();
  }

  // A new PGlite takes seconds, on a busy machine many.
  async #intakeReady(): Promise<void> {
    await eventually('centre', async () => ((await this.#ask('/healthz')) ? true : null), 150_000);
  }

  /** The centre's answer; null while it is not there. */
  async #ask(path: string): Promise<Response | null> {
    const port = readNote(this.database)?.port ?? null;
    if (port === null) return null;
    const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => null);
    return response?.ok ? response : null;
  }

  tell(order: Order): void {
    this.agent.tell(order);
  }

  /** One thing at a time is done to the disk. */
  onDisk(work: () => Promise<void>): Promise<void> {
    const mine = this.#disk.then(work);
    this.#disk = mine.catch(() => undefined);
    return mine;
  }

  kill(victims: readonly Victim[], death: Death): Promise<void> {
    return this.onDisk(() => this.#kill(victims, death));
  }

  async #kill(victims: readonly Victim[], death: Death): Promise<void> {
    const how = death === 'cut' && !this.stage.isDisk ? 'tear' : death;
    for (const victim of victims) {
      if (!this[victim].running) continue;
      this.kills++;
      this.counts[victim]++;
    }
    if (victims.includes('agent') && how === 'cut') {
      this.agent.doom();
      await this.stage.cutPower();
    }
    await Promise.all(victims.map((victim) => this[victim].end('SIGKILL')));
    if (!victims.includes('agent') || how === 'kill') return;
    this.counts[how]++;
    if (how === 'cut') return this.stage.restorePower();
    // Putting old bytes back may need room.
    this.stage.free();
    this.counts.torn += tear(this.#undo, this.stage.outbox, this.#random).writes;
  }

  /** Resolves once the box accepts again: on a slow machine it would else be killed before, time and again. */
  async accepting(): Promise<void> {
    const since = performance.now();
    const accepts = () => (this.ledger.last > since ? true : null);
    await eventually('the box to accept', accepts, RECOVERS_WITHIN).catch((error: Error) => {
      const words = [...this.agent.crashes.slice(-2), `now: ${this.agent.stderr}`, ...this.ledger.refusals.slice(-3)];
      throw new Error(`${error.message}; ${words.join('; ')}`);
    });
  }

  /** Has the centre give a command to the box. */
  command(): void {
    this.asked.give(this.#boot);
  }

  /** Starts what is dead. */
  async revive(): Promise<void> {
    for (const victim of ['broker', 'intake', 'agent'] as const) {
      if (this[victim].running || this.closing) continue;
      if (victim !== 'intake') this.witness.mark();
      this[victim].start();
    }
  }

  /** Makes all well and waits until the centre has all; false when it has not within `ms`. */
  async drain(ms: number): Promise<boolean> {
    this.link.set('pass');
    this.intakeLink.set('pass');
    this.skew = this.intakeSkew = 0;
    await this.revive();
    await this.#intakeReady();
    const empty = new Promise<true>((resolve) => {
      this.#onEmpty = () => resolve(true);
    });
    this.tell({ do: 'clock', skew: 0 });
    this.tell({ do: 'calm' });
    const patience = AbortSignal.timeout(ms);
    const drained = await Promise.race([empty, once(patience, 'abort').then(() => false)]);
    await this.asked.close();
    await this.#answers();
    this.closing = true;
    const [status] = [await this.agent.end('SIGTERM'), await this.intake.end('SIGTERM')];
    if (status !== 0) this.agent.crashes.push(`the box ended with ${status}: ${this.agent.stderr.slice(-300)}`);
    if (!drained)
      this.#say(`not all arrived within ${ms} ms: ${this.agent.stderr.slice(-500)} ${this.intake.stderr.slice(-500)}`);
    return drained;
  }

  /** Waits until no command waits, or no longer. */
  async #answers(): Promise<void> {
    for (const end = performance.now() + ANSWERS_WITHIN; performance.now() < end; ) {
      const response = await this.#ask('/api/commands?state=waiting');
      if (((await response?.json()) as unknown[] | undefined)?.length === 0) return;
      this.tell({ do: 'born' });
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  async close(): Promise<void> {
    this.closing = true;
    this.witness.close();
    await Promise.all([this.agent, this.broker, this.intake].map((program) => program.end('SIGKILL')));
    this.link.close();
    this.intakeLink.close();
    await this.stage.close();
  }
}

function made(dir: string): string {
  mkdirSync(dir);
  return dir;
}

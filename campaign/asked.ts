// campaign: the commands that the centre was asked to give. In: what it took, what the box ran, the answers on the wire.
// Out: whether each has ended, and once. Never: a command that counts as given though the centre did not take it.
import type { Random } from '../agent/main/drive/random.ts';
import type { CommandRequest } from '../centre/commands.ts';
import { readNote } from '../centre/folder-lock.ts';
import { DEVICE } from './records.ts';
import { Faults } from './verdict.ts';

/** The centre is asked again so long as it is away (ms). */
const RETRY = 400;
const MOST_TRIES = 50;

interface Answer {
  text: string;
  /** which start of the box gave it first */
  life: number;
}

export class Asked {
  readonly #database: string;
  readonly #random: Random;
  readonly #answers = new Map<string, Answer>();
  readonly #open = new Set<Promise<void>>();
  #number = 0;
  #closed = false;
  /** ids that the centre took */
  readonly taken = new Set<string>();
  readonly states = new Map<string, number>();
  /** still waiting, or forgotten by the centre */
  readonly unended = new Faults();
  /** two different answers, another end at the centre, or run again after its answer */
  readonly twice = new Faults();

  constructor(database: string, random: Random) {
    this.#database = database;
    this.#random = random;
  }

  /** Asks the centre for one command, until it takes it. */
  give(boot: string): void {
    const done = this.#give(this.#draw(boot)).finally(() => this.#open.delete(done));
    this.#open.add(done);
  }

  #draw(boot: string): CommandRequest {
    const random = this.#random;
    const kind = random.next();
    const name = kind < 0.5 ? 'ping' : kind < 0.9 ? 'drain-rate' : 'snapshot';
    const rate = random.next() < 0.5 ? null : Math.round(random.between(200_000, 2_000_000));
    const guard = random.next() < 0.5 ? { boot } : { version: 'another' };
    return {
      id: `k${++this.#number}`,
      device: DEVICE,
      name,
      params: name === 'drain-rate' ? { bytes_per_s: rate } : {},
      ...(random.next() < 0.3 ? { expires_s: 1 + Math.round(random.next() * 30) } : {}),
      ...(random.next() < 0.2 ? { guard } : {}),
      ...(name === 'drain-rate' ? { replaces: 'rate' } : {}),
    };
  }

  async #give(request: CommandRequest): Promise<void> {
    for (let tries = 0; tries < MOST_TRIES && !this.#closed; tries++) {
      const note = readNote(this.#database);
      if (note && note.port !== null) {
        const response = await fetch(`http://127.0.0.1:${note.port}/internal/commands`, {
          method: 'POST',
          headers: { authorization: `Bearer ${note.token}`, 'content-type': 'application/json' },
          body: JSON.stringify(request),
          signal: AbortSignal.timeout(10_000),
        }).catch(() => null);
        if (response?.ok) return void this.taken.add(request.id);
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }

  /** The box begins to run it. */
  runs(id: string, life: number): void {
    const answer = this.#answers.get(id);
    if (answer && answer.life < life) this.twice.add(`${id} ran again after its answer`);
  }

  /** An answer came by. */
  answered(id: string, text: string, life: number): void {
    const before = this.#answers.get(id);
    if (!before) this.#answers.set(id, { text, life });
    else if (before.text !== text) this.twice.add(`${id}: ${before.text} and ${text}`);
  }

  /** Gives no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#open);
  }

  /** What the centre says of each at the end. */
  judge(held: ReadonlyMap<string, { state: string; reply: string | null }>): void {
    for (const id of this.taken) {
      const { state, reply } = held.get(id) ?? { state: 'forgotten', reply: null };
      this.states.set(state, (this.states.get(state) ?? 0) + 1);
      if (state === 'waiting' || state === 'forgotten') this.unended.add(`${id} is ${state}`);
      const answer = this.#answers.get(id);
      if (answer && reply !== null && reply !== answer.text) this.twice.add(`${id}: ${answer.text}, stored ${reply}`);
    }
  }
}

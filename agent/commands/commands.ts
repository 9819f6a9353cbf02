// agent/commands: commands of the centre, each done at most to one end. In: payloads of down/command, hostile or not.
// Out: answers. The centre sends a command until it has the answer, so nothing of the way here is kept: what was not
// ended when the process died comes again. May never happen: an answer is given that is not on disk; a command that has
// ended runs again; one that comes too late does anything; what comes from outside fills memory or stops the others.
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import {
  type Command,
  commandSchema,
  firstIssue,
  ID_PATTERN,
  KerbError,
  MAX_COMMAND_BYTES,
  oneLine,
  type Reply,
} from '../../contract/index.ts';
import { type End, judge } from './judge.ts';
import { type EndedCommand, Ledger } from './ledger.ts';
import { type CommandClock, type Facts, type Handler, Refusal } from './types.ts';

export interface CommandsOptions {
  readonly device: string;
  /** the folder of commands.db */
  readonly dir: string;
  readonly clock: CommandClock;
  readonly facts: Facts;
  /** kinds that this box can do */
  readonly handlers: Readonly<Record<string, Handler>>;
  /** Sends an answer to up/reply/{id}, if that can be done now; lost answers are asked for again. */
  readonly answer: (id: string, reply: string) => void;
  /** told every fault that stops nothing (count it, log it at most once a minute) */
  readonly onFault: (fault: KerbError) => void;
}

export interface CommandCounters {
  /** commands that ended here since the start, by state */
  ended: Record<Reply['state'], number>;
  /** came again: answered as before, or still under way */
  repeated: number;
  /** payloads that were no command to this box */
  bad: number;
}

/** Commands that wait for their turn; what comes beyond comes again. */
const MAX_QUEUE = 32;

/** What must be known of a payload to answer it at all. */
const headSchema = z.object({
  kind: z.literal('command'),
  id: z.string().regex(ID_PATTERN),
  device: z.string(),
  order: z.number().int().min(0).catch(0),
});

export class Commands {
  readonly #options: CommandsOptions;
  readonly #ledger: Ledger;
  readonly #queue: Command[] = [];
  /** ends that the disk has not taken yet: not run again, not answered yet */
  readonly #unwritten = new Map<string, EndedCommand>();
  readonly #closing = new AbortController();
  readonly #counts: CommandCounters = {
    ended: { done: 0, failed: 0, refused: 0, expired: 0, replaced: 0, 'guard-failed': 0 },
    repeated: 0,
    bad: 0,
  };
  #running: Command | null = null;
  #working: Promise<void> | null = null;

  /** @throws KerbError COMMANDS_DB_NEWER, COMMANDS_DB_FAILED */
  constructor(options: CommandsOptions) {
    this.#options = options;
    this.#ledger = new Ledger(options.dir, options.onFault);
  }

  /** Takes a payload of down/command. Never throws. */
  take(payload: Uint8Array): void {
    if (this.#closing.signal.aborted) return;
    try {
      this.#take(payload);
    } catch (error) {
      this.#fault(error);
    }
  }

  counters(): CommandCounters {
    return structuredClone(this.#counts);
  }

  /** Resolves when all that was taken so far has ended. */
  async settled(): Promise<void> {
    await this.#working;
  }

  /** Ends; a command that runs is given up without an end: it comes again. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#working;
    this.#ledger.close();
  }

  #take(payload: Uint8Array): void {
    const value = parse(payload);
    const head = headSchema.safeParse(value);
    if (!head.success || head.data.device !== this.#options.device) {
      this.#counts.bad++;
      const what = head.success ? `is for device "${head.data.device.slice(0, 64)}"` : firstIssue(head.error);
      throw new KerbError('COMMAND_BAD', what, 'down/command', 'nothing was done');
    }
    const { id, order } = head.data;
    if (this.#again(id)) {
      this.#counts.repeated++;
      return;
    }
    const read = commandSchema.safeParse(value);
    if (!read.success) {
      this.#end({ id, order }, { state: 'refused', reason: firstIssue(read.error).slice(0, 500) });
      return;
    }
    const command = read.data;
    if (this.#outdated(command)) return;
    if (this.#queue.length + this.#unwritten.size >= MAX_QUEUE) {
      throw new KerbError('COMMANDS_BUSY', `${MAX_QUEUE} commands wait`, 'down/command', 'it is sent again by itself');
    }
    this.#queue.push(command);
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  /** A command that is known: answered if it has ended. */
  #again(id: string): boolean {
    const unwritten = this.#unwritten.get(id);
    if (unwritten) {
      this.#write(unwritten);
      return true;
    }
    if (this.#running?.id === id || this.#queue.some((queued) => queued.id === id)) return true;
    const reply = this.#ledger.reply(id);
    if (reply === null) return false;
    this.#options.answer(id, reply);
    return true;
  }

  /** Ends those that a newer one of the same key makes void: those that wait, or this one. */
  #outdated(command: Command): boolean {
    const { replaces, order } = command;
    if (replaces === undefined) return false;
    const replaced = (by: string): End => ({
      state: 'replaced',
      reason: `a newer one of key ${replaces} is here${by}`,
    });
    for (const older of this.#queue.filter((queued) => queued.replaces === replaces && queued.order < order)) {
      this.#queue.splice(this.#queue.indexOf(older), 1);
      this.#end(older, replaced(`: ${command.id}`));
    }
    const here = [...this.#queue, ...(this.#running ? [this.#running] : [])];
    const newer = here.find((other) => other.replaces === replaces && other.order > order);
    if (!newer && !this.#ledger.outdated(replaces, order)) return false;
    this.#end(command, replaced(newer ? `: ${newer.id}` : ''));
    return true;
  }

  async #work(): Promise<void> {
    for (let next = this.#queue.shift(); next && !this.#closing.signal.aborted; next = this.#queue.shift()) {
      this.#running = next;
      const end = await this.#run(next);
      this.#running = null;
      if (!end) return;
      try {
        this.#end(next, end);
      } catch (error) {
        this.#fault(error);
      }
    }
  }

  /** Judges and runs; null when the box ends meanwhile. Never rejects. */
  async #run(command: Command): Promise<End | null> {
    const { clock, facts, handlers } = this.#options;
    const knows = (name: string) => Object.hasOwn(handlers, name);
    const over = new AbortController();
    const closed = this.#closing.signal;
    const signal = AbortSignal.any([over.signal, closed]);
    try {
      const verdict = judge(command, { wall: clock.wall(), quality: clock.quality() }, facts, knows);
      if (verdict) return verdict;
      const timer = wait(command.deadline_s * 1000, 'late' as const, { signal }).catch(() => 'ended' as const);
      const done = handlers[command.name]!(command, {
        signal,
        draft: () => this.#ledger.draft(command.id),
        keep: (draft) => this.#ledger.keep(command.id, draft),
      });
      const first = await Promise.race([done, timer]);
      if (closed.aborted) return null;
      if (typeof first === 'string') return { state: 'failed', reason: `not done within ${command.deadline_s} s` };
      return { state: 'done', result: first };
    } catch (error) {
      if (closed.aborted) return null;
      return { state: error instanceof Refusal ? 'refused' : 'failed', reason: oneLine(error) };
    } finally {
      over.abort();
    }
  }

  #end({ id, replaces, order }: Pick<Command, 'id' | 'replaces' | 'order'>, end: End): void {
    const { device, clock } = this.#options;
    const reply = (how: End): string => {
      const at = Math.round(clock.wall());
      return JSON.stringify({ v: 1, kind: 'reply', id, device, at, clock: clock.quality(), ...how } satisfies Reply);
    };
    let text = reply(end);
    let { state } = end;
    if (Buffer.byteLength(text) > MAX_COMMAND_BYTES) {
      state = 'failed';
      text = reply({ state, reason: 'it was done, but its result is too large to be told' });
    }
    this.#counts.ended[state]++;
    this.#write({ id, key: replaces ?? null, order, reply: text });
  }

  /** To disk first, then to the centre. What the disk refuses is tried again when the command comes again. */
  #write(ended: EndedCommand): void {
    this.#unwritten.set(ended.id, ended);
    this.#ledger.end(ended);
    this.#unwritten.delete(ended.id);
    this.#options.answer(ended.id, this.#ledger.reply(ended.id) ?? ended.reply);
  }

  #fault(error: unknown): void {
    const fault = new KerbError('COMMAND_FAULT', oneLine(error), 'commands', 'see the log', { cause: error });
    this.#options.onFault(error instanceof KerbError ? error : fault);
  }
}

function parse(payload: Uint8Array): unknown {
  if (payload.length > MAX_COMMAND_BYTES) return null;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch {
    return null;
  }
}

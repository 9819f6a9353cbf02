// agent/main/flows: opens the flows' editor for a while. In: minutes. Out: a password that is told once, the address, the
// end. Never: a password on disk or in a log, or one that opens a second time.
import { randomInt } from 'node:crypto';
import { type FlowsAlive, KerbError } from '../../../contract/index.ts';
import type { EditorOpened } from '../../console/api-flows.ts';
import type { LocalBus } from '../../local/index.ts';
import { editorUrl } from './watch.ts';

/** Its log-in name (flows/runtime/editor.ts). */
const USER = 'kerbside';
/** Letters that nobody mistakes for another on a phone in the sun; 16 of them are 80 bits. */
const LETTERS = '23456789abcdefghjkmnpqrstvwxyz';
const PATIENCE_MS = 8000;

interface Waiting {
  done: (opened: EditorOpened) => void;
  fail: (error: KerbError) => void;
  asked: number;
  /** the end of an earlier opening: a heartbeat that still names it tells nothing */
  before: number | undefined;
  password: string;
  ms: number;
  timer: NodeJS.Timeout;
}

export class EditorKey {
  readonly #bus: () => LocalBus | null;
  readonly #wall: () => number;
  #waiting: Waiting | null = null;

  constructor(bus: () => LocalBus | null, wall: () => number) {
    this.#bus = bus;
    this.#wall = wall;
  }

  /**
   * Asks flows to open their editor; whoever was in is out.
   * @throws KerbError FLOWS_GONE: there is nobody to ask; FLOWS_EDITOR: asked in vain, or asked anew meanwhile
   */
  open(minutes: number): Promise<EditorOpened> {
    const bus = this.#bus();
    if (!bus?.flows.online) {
      const remedy = 'wait until they run; see the health page';
      return Promise.reject(new KerbError('FLOWS_GONE', 'flows do not run now', 'editor', remedy));
    }
    this.#give('it was asked for once more');
    const before = bus.flows.editor.until;
    const password = Array.from({ length: 4 }, () => word(4)).join('-');
    const opened = new Promise<EditorOpened>((done, fail) => {
      const timer = setTimeout(() => this.#give('flows did not open it in time'), PATIENCE_MS);
      this.#waiting = { done, fail, asked: this.#wall(), before, password, ms: minutes * 60_000, timer };
    });
    bus.openEditor({ minutes, password });
    return opened;
  }

  close(): void {
    this.#give('it was closed meanwhile');
    this.#bus()?.closeEditor();
  }

  /** A heartbeat: the one that says so ends the waiting. */
  heard(alive: FlowsAlive): void {
    const waiting = this.#waiting;
    if (!waiting || !alive.online || !alive.editor.open) return;
    const { port, until } = alive.editor;
    if (port === undefined || until === undefined || until === waiting.before || until < waiting.asked + waiting.ms)
      return;
    clearTimeout(waiting.timer);
    this.#waiting = null;
    waiting.done({ user: USER, password: waiting.password, url: editorUrl(port), until });
  }

  #give(what: string): void {
    const waiting = this.#waiting;
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting = null;
    waiting.fail(new KerbError('FLOWS_EDITOR', what, 'editor', 'ask again; is its port free (flows.editor_port)?'));
  }
}

function word(length: number): string {
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('');
}

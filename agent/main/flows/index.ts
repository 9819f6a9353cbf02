// agent/main/flows: joins flows to the box: the local broker and who may enter, what flows are told, what they may ask
// for, how they are. In: the box's configuration and its parts. Out: messages on 127.0.0.1, switched lines, cases.
// Never: a fault of flows or their broker that stops anything else; a line left on by flows that no longer run.
import type { Case, KerbError, KerbEvent, TelemetryPoint } from '../../../contract/index.ts';
import type { Outputs } from '../../../drivers/gpio/outputs.ts';
import type { CaseBook } from '../../cases/index.ts';
import type { FlowsRole } from '../../config/outputs.ts';
import type { FlowsSource, FlowsState } from '../../console/api-flows.ts';
import type { Clock } from '../../health/clock.ts';
import { LocalBus, type LocalCommands, type LocalPicture } from '../../local/index.ts';
import type { FaultLog } from '../log.ts';
import { FlowCases, type FlowCasesOptions } from './cases.ts';
import { EditorKey } from './editor.ts';
import { FLOWS_USER, flowsPassword, lastPort, writeFlowsConfig } from './files.ts';
import { FlowsWatch } from './watch.ts';

/** Lines that flows left on are switched off once no flow has run for so long, ms: longer than a restart takes. */
export const OFF_AFTER_MS = 20_000;
/** A broker that could not start (its port is taken, the disk is full) is tried again. */
const RETRY_MS = 10_000;
/** Open cases that flows are told of at the start, the newest. */
const MAX_OPEN = 1000;

export interface FlowsOptions extends Omit<FlowCasesOptions, 'wall' | 'mono'> {
  readonly role: FlowsRole;
  /** where flows keep what is theirs */
  readonly folder: string;
  readonly clock: Clock;
  readonly book: CaseBook;
  readonly outputs: Outputs;
  /** a masked picture of a camera, or of the first. @throws Error with the reason */
  readonly snapshot: (camera: string | undefined) => Promise<LocalPicture>;
  readonly faults: FaultLog;
  /** something changed that a page should not learn a second late */
  readonly onChange: () => void;
  readonly offAfterMs?: number;
}

/** Whether a case is still a matter. */
const isOpen = (made: Case): boolean => made.state === 'reported';

export class RunningFlows implements FlowsSource {
  readonly #options: FlowsOptions;
  readonly #watch: FlowsWatch;
  readonly #editor: EditorKey;
  readonly #commands: LocalCommands;
  #bus: LocalBus | null = null;
  #retry: NodeJS.Timeout | undefined;
  #off: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: FlowsOptions) {
    const { clock, outputs, snapshot } = options;
    this.#options = options;
    this.#watch = new FlowsWatch(clock.wall());
    this.#editor = new EditorKey(() => this.#bus, clock.wall);
    const cases = new FlowCases({ ...options, wall: clock.wall, mono: clock.mono });
    this.#commands = {
      line: (name, on) => outputs.set(name, on),
      snapshot,
      case: (draft) => cases.take(draft),
    };
  }

  /** Opens the broker and writes what flows start from; what fails is told, shown, and tried again. */
  async start(): Promise<void> {
    try {
      await this.#begin();
      this.#watch.failed(null);
    } catch (error) {
      this.#options.faults.add(error, 'flows');
      const { code, where, remedy, message } = error as Partial<KerbError>;
      this.#watch.failed({
        code: code ?? 'FLOWS_START',
        what: String(message).slice(0, 300),
        where: where ?? this.#options.folder,
        remedy: remedy ?? 'free space on the disk, check its rights',
      });
      if (!this.#stopped) this.#retry = setTimeout(() => void this.start(), RETRY_MS);
    }
    this.#options.onChange();
  }

  async #begin(): Promise<void> {
    const { role, folder } = this.#options;
    const password = await flowsPassword(folder);
    const wanted = role.bus_port || (await lastPort(folder));
    let started: { bus: LocalBus; port: number };
    try {
      started = await this.#listen(wanted, password);
    } catch (error) {
      if (role.bus_port !== 0 || wanted === 0) throw error;
      // another program has it meanwhile: flows that still run start anew when their configuration changes
      started = await this.#listen(0, password);
    }
    const { bus, port } = started;
    if (this.#stopped) return bus.stop();
    this.#bus = bus;
    try {
      await writeFlowsConfig(folder, role, port);
    } catch (error) {
      this.#bus = null;
      await bus.stop();
      throw error;
    }
  }

  /** A broker that knows every open case before anybody can ask: a list empty for a moment would switch a lamp off. */
  async #listen(port: number, password: string): Promise<{ bus: LocalBus; port: number }> {
    const { book, clock } = this.#options;
    const bus: LocalBus = new LocalBus({
      users: [{ name: FLOWS_USER, password }],
      mono: clock.mono,
      commands: this.#commands,
      onFlows: () => this.#heard(bus),
      port,
    });
    const newest = book.list(null, MAX_OPEN) ?? [];
    for (const { case: made } of newest.reverse()) if (isOpen(made)) bus.case(made, true);
    try {
      return { bus, port: (await bus.start()).port };
    } catch (error) {
      await bus.stop();
      throw error;
    }
  }

  #heard(bus: LocalBus): void {
    if (bus !== this.#bus) return;
    const { clock, outputs, onChange, offAfterMs = OFF_AFTER_MS } = this.#options;
    const alive = bus.flows;
    const before = this.#watch.state(clock.wall());
    this.#watch.take(alive, clock.wall());
    this.#editor.heard(alive);
    if (alive.online && alive.running) {
      clearTimeout(this.#off);
      this.#off = undefined;
    } else {
      this.#off ??= setTimeout(() => outputs.allOff(), offAfterMs);
    }
    const after = this.#watch.state(clock.wall());
    if (before.state !== after.state || before.editor.until !== after.editor.until) onChange();
  }

  state(): FlowsState {
    return this.#watch.state(this.#options.clock.wall());
  }

  event(event: KerbEvent): void {
    this.#bus?.event(event);
  }

  /** A case as it is now. */
  case(made: Case): void {
    this.#bus?.case(made, isOpen(made));
  }

  telemetry(point: TelemetryPoint): void {
    this.#bus?.telemetry(point);
  }

  openEditor(minutes: number) {
    return this.#editor.open(minutes);
  }

  closeEditor(): void {
    this.#editor.close();
  }

  async close(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#off);
    await this.#bus?.stop();
  }
}

// agent/console: the part of the page's interface about flows and output lines. Types only.

interface Words {
  zh: string;
  en: string;
}

/** How the flows are. null in State where the box has none. */
export interface FlowsState {
  /** starting: not heard of yet; stopped: alive, but nothing runs; safe: loaded, not run; gone: no process */
  state: 'starting' | 'running' | 'stopped' | 'safe' | 'gone';
  /** epoch ms since when it is so */
  since: number;
  /** Node-RED's version; null while it is gone */
  node_red: string | null;
  /** resident memory of the process, bytes; null while it is gone */
  rss: number | null;
  nodes: number;
  /** times in a row that these flows ended their process; three start the safe mode */
  ends: number;
  /** when and why these flows last ended their process; null: they did not, or have run well since */
  last_end: { at: number; reason: string } | null;
  /** requests of flows that were not sent: too many; cases of flows that were refused */
  dropped: number;
  refused: number;
  faults: { code: string; what: string; where: string; remedy: string }[];
  /** the editor; its address is on the box itself */
  editor: { open: boolean; url: string | null; until: number | null };
}

/** An output line. */
export interface OutputState {
  id: string;
  name: Words;
  state: 0 | 1;
  /** epoch ms since when it is so */
  since: number;
  error?: string;
}

/** What is told once, when the editor was opened. */
export interface EditorOpened {
  user: string;
  password: string;
  /** on the box itself: from elsewhere through `ssh -L` */
  url: string;
  /** epoch ms */
  until: number;
}

/** What the composition root gives the console where the box has flows. */
export interface FlowsSource {
  /** @throws KerbError FLOWS_GONE, FLOWS_EDITOR */
  openEditor(minutes: number): Promise<EditorOpened>;
  closeEditor(): void;
}

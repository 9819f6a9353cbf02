// centre's page: alarms while they are fresh, as the centre tells them. One that came late is no alarm and never comes
// here. Plain DOM; text goes in as text.
import type { Language } from './vehicles.ts';

export interface PageAlarm {
  device: string;
  epoch: string;
  seq: number;
  /** epoch ms */
  at: number;
  record: unknown;
}

const SHOWN = 5;
/** After this an alarm leaves the page, ms. */
const FRESH_MS = 600_000;
const TEXT = 160;

/** Listens for as long as the page is open; the browser connects again by itself. */
export function listenToAlarms(onChange: (alarms: readonly PageAlarm[]) => void): void {
  let alarms: PageAlarm[] = [];
  const change = (next: PageAlarm[]) => {
    alarms = next.slice(0, SHOWN);
    onChange(alarms);
  };
  new EventSource('/api/events').addEventListener('alarm', (event: MessageEvent<string>) => {
    const alarm = JSON.parse(event.data) as PageAlarm;
    change([alarm, ...alarms]);
    setTimeout(() => change(alarms.filter((other) => other !== alarm)), FRESH_MS);
  });
}

/** The line of one alarm. */
export function alarmItem({ device, at, record }: PageAlarm, language: Language): HTMLElement {
  const node = document.createElement('li');
  const strong = document.createElement('strong');
  strong.textContent = device;
  const clock = new Date(at).toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB');
  node.append(strong, ` · ${clock} · ${JSON.stringify(record).slice(0, TEXT)}`);
  return node;
}

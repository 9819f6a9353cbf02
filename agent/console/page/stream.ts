// agent/console page: the line to the box. In: /api/events and /api/cases. Out: the store.
// Never: showing old data as new. What is silent for longer than five seconds is lost, said to be, and tried anew.
import { batch } from '@preact/signals';
import type { ApiCase, FrameData, State, VehicleState } from '../api.ts';
import { takeVehicle } from './drive.ts';
import { offer } from './live.ts';
import { now } from './prefs.ts';
import { cases, clockOffset, contact, putCase, state } from './store.ts';

const SILENT_MS = 5000;
const RETRY_MS = 1000;

let source: EventSource | null = null;
let heard = 0;
let retry: ReturnType<typeof setTimeout> | undefined;

async function loadCases(): Promise<void> {
  try {
    const answer = await fetch('/api/cases', { signal: AbortSignal.timeout(8000) });
    if (answer.ok) cases.value = (await answer.json()) as ApiCase[];
  } catch {
    // the stream's own watch says that the box is gone
  }
}

function takeState(next: State): void {
  heard = performance.now();
  batch(() => {
    const restarted = state.value !== null && state.value.started !== next.started;
    const away = contact.value !== 'up';
    state.value = next;
    clockOffset.value = next.now - Date.now();
    now.value = next.now;
    contact.value = 'up';
    takeVehicle(next.vehicle, away || restarted);
    if (away || restarted) void loadCases();
  });
}

function lose(): void {
  source?.close();
  source = null;
  contact.value = 'lost';
  clearTimeout(retry);
  retry = setTimeout(connect, RETRY_MS);
}

function connect(): void {
  heard = performance.now();
  const mine = new EventSource('/api/events');
  source = mine;
  const on = <T>(name: string, take: (data: T) => void) =>
    mine.addEventListener(name, (event) => take(JSON.parse((event as MessageEvent<string>).data) as T));
  on<State>('state', takeState);
  on<FrameData>('frame', offer);
  on<ApiCase>('case', putCase);
  on<VehicleState>('vehicle', takeVehicle);
  mine.onerror = () => {
    if (source === mine) lose();
  };
}

/** Opens the line and keeps it open; counts the page's seconds. */
export function startStream(): void {
  connect();
  setInterval(() => {
    now.value = Date.now() + clockOffset.value;
    if (source !== null && performance.now() - heard > SILENT_MS) lose();
  }, 1000);
  addEventListener('visibilitychange', () => {
    if (!document.hidden && source === null) {
      clearTimeout(retry);
      connect();
    }
  });
}

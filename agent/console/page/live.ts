// agent/console page: from frame data to a frame on the screen. In: the data of looks, as fast as they come.
// Out: picture and data of one and the same frame, together. Never: a queue; a slow link shows fewer frames, not older.
import type { FrameData } from '../api.ts';
import { camera, route, shown, state } from './store.ts';

const PATIENCE_MS = 5000;
const GRACE_MS = 100;
const newest = new Map<string, FrameData>();
const busy = new Set<string>();

async function fetchPicture(path: string): Promise<{ seq: number; picture: ImageBitmap } | null> {
  try {
    const answer = await fetch(path, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) return null;
    const picture = await createImageBitmap(await answer.blob());
    return { seq: Number(answer.headers.get('x-frame-seq')), picture };
  } catch {
    return null;
  }
}

function show(id: string, picture: ImageBitmap, data: FrameData | null): void {
  const before = shown.value[id];
  shown.value = { ...shown.value, [id]: { picture, data } };
  before?.picture.close();
}

/** The rooms that show the live picture. */
const LIVE: readonly string[] = ['now', 'setup'];
const watched = (id: string) => !document.hidden && LIVE.includes(route.value.room) && camera.value?.id === id;

/** The newest picture, with its data where that is known; for a page that has nothing to show yet. */
async function showLatest(id: string, base: string): Promise<void> {
  const got = await fetchPicture(`${base}/latest.jpg`);
  const data = newest.get(id);
  if (got) show(id, got.picture, got.seq === data?.seq ? data : null);
}

/** Shows the newest frame of a camera, and again, until it is the newest. */
async function pump(id: string): Promise<void> {
  if (busy.has(id)) return;
  busy.add(id);
  const base = `/api/cameras/${encodeURIComponent(id)}`;
  let tried: FrameData | undefined;
  try {
    while (watched(id)) {
      const data = newest.get(id);
      if (data === undefined) {
        if (shown.value[id] !== undefined) break;
        // the stream's first frame follows its first state at once: only without one the picture comes alone
        await new Promise((done) => setTimeout(done, GRACE_MS));
        if (newest.get(id) !== undefined) continue;
        await showLatest(id, base);
        if (newest.get(id) === undefined) break;
        continue;
      }
      if (data === shown.value[id]?.data || data === tried) break;
      tried = data;
      const got = await fetchPicture(`${base}/frames/${data.seq}.jpg`);
      if (got) show(id, got.picture, data);
      else if (shown.value[id] === undefined) await showLatest(id, base);
    }
  } finally {
    busy.delete(id);
  }
}

/** Takes the data of a look. */
export function offer(data: FrameData): void {
  newest.set(data.camera, data);
  void pump(data.camera);
}

/** Called when another camera or room is looked at, and when the state comes first. */
export function refresh(): void {
  const id = camera.value?.id;
  if (id !== undefined && state.value !== null) void pump(id);
}

// agent/console page: from frame data to a frame on the screen. In: the data of looks, as fast as they come.
// Out: picture and data of one and the same frame, together. Never: a queue; a slow link shows fewer frames, not older.
import type { FrameData } from '../api.ts';
import { camera, route, shown, state } from './store.ts';

const PATIENCE_MS = 5000;
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

const watched = (id: string) => !document.hidden && route.value.room === 'now' && camera.value?.id === id;

/** Shows the newest frame of a camera, and again, until it is the newest. */
async function pump(id: string): Promise<void> {
  if (busy.has(id) || !watched(id)) return;
  busy.add(id);
  const base = `/api/cameras/${encodeURIComponent(id)}`;
  try {
    let data = newest.get(id);
    while (data !== undefined && data !== shown.value[id]?.data && watched(id)) {
      const got = await fetchPicture(`${base}/frames/${data.seq}.jpg`);
      if (got) show(id, got.picture, data);
      const next = newest.get(id);
      if (!got && next === data) break;
      data = next;
    }
    if (shown.value[id] === undefined && watched(id)) {
      const got = await fetchPicture(`${base}/latest.jpg`);
      if (got) show(id, got.picture, got.seq === newest.get(id)?.seq ? (newest.get(id) ?? null) : null);
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

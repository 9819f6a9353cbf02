// bench/outbox: pictures of 60 kB to the disk for good: the evidence lane against a file per picture, written so that a
// power cut leaves it whole or absent (write, fdatasync, rename, fsync of the folder). By turns; medians.
import { closeSync, fdatasyncSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { NewRecord } from '../../agent/outbox/index.ts';
import { EVIDENCE_CHUNK_BYTES } from '../../contract/index.ts';
import type { Row } from '../row.ts';
import { against, inFolder, median, openLane } from './common.ts';

const PICTURE = Buffer.alloc(60_000).map((_, index) => (index * 2654435761) >>> 13);
const ROUNDS = 5;
const COUNT = 384;
/** pictures on their way to the disk at a time: what a busy crossing leaves behind when the network is back */
const WAITING = 32;

/** A picture as `agent/cases` hands it in. */
function records(picture: number): NewRecord[] {
  const of = Math.ceil(PICTURE.length / EVIDENCE_CHUNK_BYTES);
  return Array.from({ length: of }, (_, chunk) => ({
    kind: 'evidence',
    stringified: true,
    text: JSON.stringify({ v: 1, kind: 'evidence', id: `picture-${picture}`, case: 'case', chunk, of, bytes: 60_000 }),
    bytes: PICTURE.subarray(chunk * EVIDENCE_CHUNK_BYTES, (chunk + 1) * EVIDENCE_CHUNK_BYTES),
  }));
}

async function ours(dir: string): Promise<void> {
  const outbox = await openLane(dir, 'evidence');
  const waiting: Promise<{ refused: Error | null }>[] = [];
  for (let picture = 0; picture < COUNT || waiting.length > 0; picture++) {
    if (picture < COUNT) waiting.push(outbox.appendMany('evidence', records(picture)));
    if (waiting.length < WAITING && picture < COUNT) continue;
    // It has no more to hand in before some are accepted, so nothing is gained by gathering.
    void outbox.flush('evidence');
    const { refused } = (await waiting.shift())!;
    if (refused) throw refused;
  }
  await outbox.close();
}

function filePerPicture(dir: string): void {
  const folder = openSync(dir, 'r');
  for (let picture = 0; picture < COUNT; picture++) {
    const fd = openSync(join(dir, 'draft'), 'w');
    writeSync(fd, PICTURE);
    fdatasyncSync(fd);
    closeSync(fd);
    renameSync(join(dir, 'draft'), join(dir, `${picture}.jpg`));
    fsyncSync(folder);
  }
  closeSync(folder);
}

export async function evidenceRows(): Promise<Row[]> {
  const perSecond = async (work: (dir: string) => Promise<void> | void) =>
    inFolder(async (dir) => {
      const began = performance.now();
      await work(dir);
      return COUNT / ((performance.now() - began) / 1000);
    });
  const mine: number[] = [];
  const files: number[] = [];
  for (let turn = 0; turn < ROUNDS; turn++) {
    mine.push(await perSecond(ours));
    files.push(await perSecond(filePerPicture));
  }
  const row = { metric: 'outbox.evidence', value: median(mine), unit: 'pictures/s' };
  return [against({ ...row, peer: 'file per picture', peerValue: median(files) }, { least: 4 })];
}

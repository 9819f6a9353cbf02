// bench/outbox: what the disk can do at best, measured the way the log uses it.
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Row } from '../row.ts';
import { inFolder, round } from './common.ts';

const SYNCS = 500;
const STRETCH = 16 * 1024 * 1024;
const STRETCHES = 12;

export async function limitRows(): Promise<Row[]> {
  return inFolder(async (dir) => {
    const fd = openSync(join(dir, 'file'), 'w+');
    const stretch = Buffer.alloc(STRETCH, 1);
    const sequential = seconds(() => {
      for (let at = 0; at < STRETCHES; at++) {
        writeSync(fd, stretch, 0, STRETCH, at * STRETCH);
        fdatasyncSync(fd);
      }
    });
    const syncs = seconds(() => {
      for (let at = 0; at < SYNCS; at++) {
        writeSync(fd, stretch, 0, 4096, at * 4096);
        fdatasyncSync(fd);
      }
    });
    closeSync(fd);
    const megabytes = (STRETCHES * STRETCH) / 1e6;
    return [
      { metric: 'limit.fdatasync', value: round(SYNCS / syncs), unit: '4 kB overwrites with fdatasync/s' },
      { metric: 'limit.sequential', value: round(megabytes / sequential), unit: 'MB/s, fdatasync every 16 MB' },
    ];
  });
}

function seconds(work: () => void): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
}

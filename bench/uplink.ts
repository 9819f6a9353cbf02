// bench: after an outage of 100,000 records: how fast they catch up, in how much memory, and what a point costs on the
// wire. Every sender in the same run to the same mosquitto and the same sink behind it, by turns; medians count. Peers: mqtt.js with its memory
// store and with mqtt-level-store, a mosquitto beside the box with a bridge.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { BenchOptions, Row } from './row.ts';
import { type Outcome, outage, type Sender } from './uplink/round.ts';

const ROUNDS = 3;
const RECORDS = 100_000;
/** mqtt-level-store takes a while for all; it is slower the more there are */
const LEVEL_RECORDS = 30_000;
/** ours is through with the others' in a quarter of a second, most of it a process that warms up: its pace gets more */
const PACE_RECORDS = 300_000;
const POINTS = 20_000;
const LIMIT_ROUNDS = 5;

const NAMES: Record<Exclude<Sender, 'ours'>, string> = {
  bridge: 'mosquitto bridge',
  memory: 'mqtt.js memory store',
  level: 'mqtt-level-store',
};
const CATCHUP_GOALS = { bridge: 1.5, memory: 20, level: 100 } as const;

/** Measures. @throws KerbError BENCH_PEER where a peer does not run */
export async function bench(_: BenchOptions = {}): Promise<Row[]> {
  const results: Record<Sender, Outcome[]> = { ours: [], memory: [], level: [], bridge: [] };
  const pace: Outcome[] = [];
  const senders = ['ours', 'memory', 'bridge', 'level'] as const;
  for (let round = 0; round < ROUNDS; round++) {
    for (const sender of senders) {
      results[sender].push(await outage(sender, sender === 'level' ? LEVEL_RECORDS : RECORDS));
    }
    pace.push(await outage('ours', PACE_RECORDS));
  }
  return [...catchupRows(pace, results), await limitRow(pace), ...rssRows(results), ...(await pointRows())];
}

function catchupRows(pace: readonly Outcome[], peers: Record<Sender, Outcome[]>): Row[] {
  const value = median(pace.map(({ perSecond }) => perSecond));
  return (['bridge', 'memory', 'level'] as const).map((peer) => {
    const peerValue = median(peers[peer].map(({ perSecond }) => perSecond));
    const goal = CATCHUP_GOALS[peer];
    const ratio = value / peerValue;
    const row = { metric: 'uplink.catchup', value: Math.round(value), unit: 'records/s', peer: NAMES[peer] };
    return { ...row, peerValue: Math.round(peerValue), ratio, goal: `>= ${goal}x`, ok: ratio >= goal };
  });
}

/** The same bytes over the same loopback, with nobody who reads them: the best of several times. */
async function limitRow(ours: readonly Outcome[]): Promise<Row> {
  const value = median(ours.map(({ perSecond }) => perSecond));
  const bytes = median(ours.map((one) => one.bytes));
  let peerValue = 0;
  for (let i = 0; i < LIMIT_ROUNDS; i++) peerValue = Math.max(peerValue, PACE_RECORDS / (await pour(bytes)));
  const row = { metric: 'uplink.catchup', value: Math.round(value), unit: 'records/s' };
  return { ...row, peer: 'limit: loopback TCP', peerValue: Math.round(peerValue), ratio: value / peerValue };
}

/** Seconds that so many bytes take from one process to another. */
async function pour(bytes: number): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const child = fork(fileURLToPath(new URL('uplink/pour.ts', import.meta.url)), [`${port}`, `${bytes}`]);
  try {
    const [socket] = await once(server, 'connection');
    const begun = performance.now();
    socket.resume();
    await once(socket, 'end');
    return (performance.now() - begun) / 1000;
  } finally {
    child.kill('SIGKILL');
    server.close();
  }
}

function rssRows({ ours, ...peers }: Record<Sender, Outcome[]>): Row[] {
  const value = median(ours.map(({ rssMb }) => rssMb));
  return (['memory', 'level', 'bridge'] as const).map((peer) => {
    const peerValue = median(peers[peer].map(({ rssMb }) => rssMb));
    const ratio = value / peerValue;
    const row = { metric: 'uplink.rss_mb', value, unit: 'MB', peer: NAMES[peer], peerValue, ratio };
    return peer === 'memory' ? { ...row, goal: '<= 0.5x', ok: ratio <= 0.5 } : row;
  });
}

async function pointRows(): Promise<Row[]> {
  const cost = async (sender: Sender) => {
    const { bytes, count } = await outage(sender, POINTS, 'points');
    return bytes / count;
  };
  const value = await cost('ours');
  const rows: Row[] = [];
  for (const peer of ['memory', 'bridge'] as const) {
    const peerValue = await cost(peer);
    const row = { metric: 'uplink.bytes_per_point', value, unit: 'B', peer: `${NAMES[peer]}, JSON`, peerValue };
    rows.push({ ...row, ratio: value / peerValue });
  }
  return rows;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

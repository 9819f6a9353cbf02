// campaign: the end. In: the field at rest. Out: its verdict as rows.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { listOutbox } from '../agent/outbox/index.ts';
import type { Row } from '../bench/row.ts';
import { openDatabase } from '../centre/open.ts';
import { centre } from '../test/chain-rig.ts';
import type { Field } from './field.ts';
import { type Faults, type LaneGaps, Verdict } from './verdict.ts';

export interface Course {
  seconds: number;
  drained: boolean;
}

/** What has to be 0, in words for a table; and what was done and found. */
export interface Figure extends Row {
  examples?: readonly string[];
}

export async function compare(field: Field, { seconds, drained }: Course): Promise<Figure[]> {
  const verdict = new Verdict(field.ledger);
  await readRecords(field.database, (line) => verdict.takeRecord(line));
  const gaps: LaneGaps[] = [];
  for await (const { lane, epoch, gaps: some } of listOutbox(field.stage.outbox, Date.now())) {
    if (epoch !== null) gaps.push({ lane, epoch, gaps: some });
  }
  verdict.takeGaps(gaps);
  await readRest(field, verdict);
  const crashes = [field.agent, field.broker, field.intake].flatMap(({ crashes }) => crashes).filter(isFault);
  const held = verdict.records();
  const done = (metric: string, value: number, unit = ''): Figure => ({ metric, value, unit });
  const zero = (metric: string, value: number, examples: readonly string[] = []): Figure => ({
    metric,
    value,
    unit: '',
    goal: '0',
    ok: value === 0,
    ...(examples.length > 0 ? { examples } : {}),
  });
  const none = (metric: string, { count, examples }: Faults) => zero(metric, count, examples);
  const { counts, troubles } = field;
  return [
    done('kills', field.kills),
    ...(['agent', 'broker', 'intake'] as const).map((name) => done(`kills.${name}`, counts[name])),
    done('power_cuts', counts.cut + counts.tear),
    done('power_cuts.disk', counts.cut),
    done('power_cuts.torn', counts.tear),
    done('torn_writes', counts.torn),
    ...[...troubles.counts].sort().map(([name, count]) => done(name, count)),
    done('seconds', Math.round(seconds), 's'),
    done('accepted', field.ledger.accepted.size),
    ...Object.entries(field.ledger.count).map(([lane, count]) => done(`accepted.${lane}`, count)),
    done(
      'stored',
      Object.values(held).reduce((sum, count) => sum + count, 0),
    ),
    done('stored.unsaid', verdict.unsaid),
    done('evicted', verdict.evicted),
    ...[...field.ledger.refused].sort().map(([key, count]) => done(`refused.${key.replace(' ', '.')}`, count)),
    done('pictures', verdict.pictures),
    done('sessions_judged', field.witness.judged),
    done('backlog_before_cases', field.witness.mostBefore, 'messages'),
    done('longest_recovery', Math.round(troubles.longestRecovery) / 1000, 's'),
    done('commands', field.asked.taken.size),
    ...[...field.asked.states].sort().map(([state, count]) => done(`commands.${state}`, count)),
    done('gaps_of_torn_writes', verdict.emptyGaps),
    zero('undelivered', drained ? 0 : 1),
    none('lost', verdict.lost),
    none('doubled', verdict.doubled),
    none('altered', verdict.altered),
    zero('renumbered', field.ledger.twice.length, field.ledger.twice.slice(0, 5)),
    none('wrong_gaps', verdict.wrongGaps),
    none('broken_pictures', verdict.broken),
    none('late_cases', field.witness.late),
    none('commands_unended', field.asked.unended),
    none('commands_twice', field.asked.twice),
    zero('unrecovered', troubles.unrecovered),
    zero('crashes', crashes.length, crashes.slice(0, 3)),
  ];
}

/** On a full disk the box may be unable to start; that it comes back is judged by `unrecovered`. */
const isFault = (crash: string): boolean => !/OUTBOX_DISK_FULL|disk is full|ENOSPC|no space left/i.test(crash);

async function readRecords(database: string, onLine: (line: string) => void): Promise<void> {
  const child = spawn(centre, ['records', '--database', database], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) onLine(line);
  const [status] = await closed;
  if (status !== 0) throw new Error(`centre records ended with ${status}`);
}

/** Pictures and commands are read from the database itself. */
async function readRest({ database, asked }: Field, verdict: Verdict): Promise<void> {
  const { db, lock } = await openDatabase({ kind: 'folder', path: database }, 10_000);
  const pictures = await db.query<{ id: string; sha256: string | null }>(
    `select id, encode(sha256(data), 'hex') as sha256 from evidence`,
  );
  const commands = await db.query<{ id: string; state: string; reply: string | null }>(
    'select id, state, reply from commands',
  );
  await db.close();
  lock?.release();
  verdict.takePictures(new Map(pictures.map(({ id, sha256 }) => [id, sha256])));
  asked.judge(new Map(commands.map(({ id, ...rest }) => [id, rest])));
}

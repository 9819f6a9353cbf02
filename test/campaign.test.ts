// A short run of the campaign that `npm run campaign -- outbox --kills 1000` makes long, and its usage.
import { join } from 'node:path';
import test from 'ava';
import { finish, node24, ROOT } from './chain-rig.ts';

const campaign = (...args: string[]) => finish(node24, [join(ROOT, 'campaign/run.ts'), ...args]);

interface Figure {
  metric: string;
  value: number;
  ok?: boolean;
}

test('box, broker and centre killed at random moments, power cut, disk full, links cut, clocks wrong by years: nothing accepted is lost or doubled', async (t) => {
  const { status, stdout, stderr } = await campaign('outbox', '--kills', '12', '--seed', '5', '--json');
  const figures = new Map(
    stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Figure)
      .map((figure) => [figure.metric, figure]),
  );
  const value = (metric: string) => figures.get(metric)?.value;
  t.is(status, 0, stderr);
  for (const metric of ['lost', 'doubled', 'altered', 'wrong_gaps', 'undelivered', 'commands_unended'])
    t.is(value(metric), 0, metric);
  t.true(
    [...figures.values()].every(({ ok }) => ok !== false),
    stderr,
  );
  t.true(value('kills')! >= 12);
  for (const lane of ['alarm', 'case', 'telemetry', 'evidence']) t.true(value(`accepted.${lane}`)! > 0, lane);
  t.is(value('stored')! + value('evicted')!, value('accepted')! + value('stored.unsaid')!);
  t.true(value('commands')! > 0);
  t.log(`${value('kills')} kills, ${value('power_cuts')} power cuts, ${value('accepted')} records accepted`);
});

test('wrong usage is one line and exit 2', async (t) => {
  for (const args of [[], ['nothing'], ['outbox', '--kills', 'x'], ['outbox', '--what']]) {
    const { status, stdout, stderr } = await campaign(...args);
    t.is(status, 2, args.join(' '));
    t.is(stdout, '');
    t.is(stderr.trim().split('\n').length, 1, stderr);
  }
});

// agent/main/trial: what the box looks with, in the words of the health page. In: the state. Out: one line. Never "bad": a box
// that could not try looks as before.
import type { HealthLine, LookerState, Words } from '../../console/api.ts';
import { dayOf } from './words.ts';

const WAITS: Record<NonNullable<LookerState['trial']['wait']>, Words> = {
  start: { zh: '启动几分钟后试选', en: 'some minutes after the start' },
  update: { zh: '等待更新完成', en: 'once the update is done' },
  slot: { zh: '等待新版本确认', en: 'once this release is kept' },
  late: { zh: '识别正忙，稍后试选', en: 'when the looks are not late, or in an hour' },
  memory: { zh: '可用内存不足', en: 'when there is memory for it' },
};

const BY_HAND: Words = {
  zh: '一天后自动重试;也可停机后运行 kerbside models bench',
  en: 'it is tried again after a day; or run kerbside models bench by hand',
};

export function looksLine(looker: LookerState): HealthLine {
  const { trial } = looker;
  const value = trial.state === 'failed' ? `${dayOf(trial.at ?? 0)}: ${trial.reason ?? ''}` : inShort(looker);
  return { id: 'looks', ...said(looker), value };
}

function said({ trial, tried, runtime, weights }: LookerState): Pick<HealthLine, 'level' | 'text' | 'remedy'> {
  const { state, wait } = trial;
  if (state === 'done') {
    const later = tried !== null && (tried.runtime !== runtime || tried.weights !== weights);
    if (!later)
      return {
        level: 'ok',
        text: { zh: '识别方式:已在本机试选', en: 'How pictures are looked at: as tried on this box' },
      };
    const { zh, en } = {
      zh: '识别方式:已试选,下次启动生效',
      en: 'How pictures are looked at: as tried here from the next start on',
    };
    return { level: 'ok', text: { zh, en } };
  }
  if (state === 'running') {
    return {
      level: 'ok',
      text: { zh: '识别方式:正在试选', en: 'How pictures are looked at: the fastest way is being tried' },
    };
  }
  if (state === 'never') {
    return {
      level: 'ok',
      text: {
        zh: '识别方式:按配置不试选(camera.trial: never)',
        en: 'How pictures are looked at: not to be tried (camera.trial: never)',
      },
    };
  }
  if (state === 'failed') {
    return {
      level: 'warn',
      text: {
        zh: '识别方式:试选未成,沿用原方式',
        en: 'How pictures are looked at: the trial chose nothing, all goes on as before',
      },
      remedy: BY_HAND,
    };
  }
  const { zh, en } = WAITS[wait ?? 'start'];
  return {
    level: 'ok',
    text: { zh: `识别方式:待试选,${zh}`, en: `How pictures are looked at: the fastest way is tried ${en}` },
  };
}

/** What runs, and its milliseconds where they were measured. */
function inShort({ runtime, weights, tried }: LookerState): string {
  if (runtime === null || weights === null) return '';
  const ms = tried?.runs.find((run) => run.runtime === runtime && run.weights === weights)?.ms ?? null;
  return `${runtime} ${weights}${ms === null ? '' : `, ${ms.toFixed(1)} ms`}`;
}

// agent/main/trial: what the box looks with, in the words of the health page. In: the state. Out: one line. Never "bad": a box
// that could not try looks as before.
import type { HealthLine, LookerState, Words } from '../../console/api.ts';
import { runsInWords } from './words.ts';

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
  const line = { id: 'looks', ...said(looker) };
  return { ...line, value: [running(looker), tried(looker)].filter((part) => part !== '').join('; ') };
}

function said({ trial }: LookerState): Pick<HealthLine, 'level' | 'text' | 'remedy'> {
  const { state, wait } = trial;
  if (state === 'done') {
    return {
      level: 'ok',
      text: { zh: '识别方式:已在本机试选', en: 'How pictures are looked at: as tried on this box' },
    };
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

const running = ({ runtime, weights }: LookerState) => (runtime && weights ? `${runtime}, weights ${weights}` : '');

function tried({ tried: found, trial, runtime, weights }: LookerState): string {
  if (trial.state === 'failed') return `${day(trial.at ?? 0)}: ${trial.reason ?? ''}`;
  if (!found) return '';
  const later = found.runtime !== runtime || found.weights !== weights;
  const next = later ? `from the next start on ${found.runtime}, weights ${found.weights}; ` : '';
  return `${next}tried ${day(found.at)}: ${runsInWords(found.runs)}`;
}

const day = (at: number) => new Date(at).toISOString().slice(0, 10);

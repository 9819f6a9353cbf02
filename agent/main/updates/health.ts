// agent/main/updates: updates in the words of the health page. In: the state. Out: lines, each with a remedy where something
// is to be done. Never "bad": a box that could not be updated works as before, and a release's trial must not fail by it.
import type { ReportItem } from '../../../contract/index.ts';
import type { HealthLine, UpdatesState, Words } from '../../console/api.ts';

/** A repository that cannot be reached for so long is worth a warning, ms. */
const LONG_MS = 3_600_000;
/** Not the network's fault: told at once. */
const NETWORK = new Set(['UPDATE_UNREACHABLE', 'UPDATE_HTTP', 'UPDATE_TOO_SLOW', 'UPDATE_BUSY']);

const KIND: Record<ReportItem['kind'], Words> = {
  model: { zh: '识别模型', en: 'model' },
  profile: { zh: '规则配置', en: 'profile' },
  agent: { zh: '程序版本', en: 'release' },
};

/** @param now epoch ms; a box without a repository has no line */
export function updateLines({ repository }: UpdatesState, now: number): HealthLine[] {
  if (!repository) return [];
  const items = repository.items.flatMap((item) => itemLine(item) ?? []);
  return [repositoryLine(repository, now), ...items];
}

function repositoryLine(repository: NonNullable<UpdatesState['repository']>, now: number): HealthLine {
  const { fault, versions, last_success: seen } = repository;
  const id = 'updates';
  if (fault?.code === 'UPDATE_NO_ROOT') {
    return {
      id,
      level: 'warn',
      text: { zh: '更新:尚无信任根', en: 'Updates: no root of trust yet' },
      value: fault.code,
      remedy: {
        zh: '把更新库的 metadata/1.root.json 放到配置中 updates.root 指定的位置;本机会自动再找',
        en: "put the repository's metadata/1.root.json where updates.root says; the box looks again by itself",
      },
    };
  }
  if (fault && (!NETWORK.has(fault.code) || now - (seen ?? fault.since) > LONG_MS)) {
    return {
      id,
      level: 'warn',
      text: { zh: '更新库无法读取,现有版本继续运行', en: 'The update repository cannot be read; what runs goes on' },
      value: `${fault.code}: ${fault.what}`,
      remedy: {
        zh: '检查更新地址、网络与本机时钟;更新库须由中心重新签发',
        en: "check its address, the network and this box's clock; at the centre, publish again",
      },
    };
  }
  return {
    id,
    level: 'ok',
    text: { zh: '更新库', en: 'Update repository' },
    value: versions ? `timestamp ${versions.timestamp}` : '',
  };
}

function itemLine({ kind, name, wanted, result, code, reason }: ReportItem): HealthLine | null {
  const { zh, en } = KIND[kind];
  const what = wanted ? `${name} ${wanted.version} (${wanted.counter})` : name;
  const id = `update-${kind}`;
  if (result === 'success') return null;
  if (result === 'pending' || result === 'trial') {
    const trial = result === 'trial';
    return {
      id,
      level: 'ok',
      text: trial
        ? { zh: `${zh}更新试运行中`, en: `A new ${en} is on trial` }
        : { zh: `${zh}更新准备中`, en: `A new ${en} is being fetched` },
      value: what,
    };
  }
  const words: Record<'failed' | 'refused' | 'returned', { text: Words; remedy: Words }> = {
    failed: {
      text: { zh: `${zh}更新未成,稍后重试`, en: `A new ${en} could not be fetched or made ready; it is tried again` },
      remedy: { zh: '检查网络、磁盘空间与更新库', en: 'check the network, the free disk and the repository' },
    },
    refused: {
      text: { zh: `${zh}更新被拒绝`, en: `A new ${en} was refused` },
      remedy: { zh: '在中心改正后重新发布', en: 'mend it at the centre and publish it again' },
    },
    returned: {
      text: { zh: `${zh}更新已自动退回`, en: `A new ${en} was tried and switched back` },
      remedy: { zh: '在中心改正后重新发布', en: 'mend it at the centre and publish it again' },
    },
  };
  return {
    id,
    level: 'warn',
    ...words[result],
    value: `${what}: ${reason ?? code ?? ''}`,
  };
}

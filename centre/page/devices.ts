// centre's page: the fleet: each device with what it runs, what is wanted of it and what came of it. Those that need a look
// come first. Plain DOM; text goes in as text.
import { REASONS } from './reasons.ts';
import type { Language, Words } from './vehicles.ts';

interface Version {
  version: string;
  counter: number | null;
}

interface PageItem {
  kind: 'model' | 'profile' | 'agent';
  name: string;
  wanted: Version | null;
  running: Version | null;
  result: keyof typeof results | null;
  code?: string;
  reason?: string;
  at: number | null;
}

export interface PageDevice {
  device: string;
  online: boolean;
  heard: number;
  version: string | null;
  slot: string | null;
  result: string | null;
  code: string | null;
  reason: string | null;
  items: PageItem[];
  versions: { timestamp: number } | null;
  fault: { code: string; what: string } | null;
  report: { received: number } | null;
  key: { sha256: string; since: number } | null;
  otherKey: { sha256: string; at: number } | null;
  refused: { count: number; at: number; why: string } | null;
}

export interface PageUpdates {
  offer: { timestamp: number } | null;
  fault: string | null;
}

/** Devices that are drawn; a larger fleet is looked at through the interface, which gives so many at once. */
const SHOWN = 60;
const MOST = 1000;

const results = {
  success: { zh: '已生效', en: 'in force', mark: '✓', look: 'good' },
  pending: { zh: '准备中', en: 'on its way', mark: '…', look: 'quiet' },
  trial: { zh: '试运行', en: 'on trial', mark: '…', look: 'quiet' },
  failed: { zh: '未完成', en: 'not yet', mark: '!', look: 'warn' },
  refused: { zh: '已拒绝', en: 'refused', mark: '✕', look: 'bad' },
  returned: { zh: '已退回', en: 'switched back', mark: '↩', look: 'bad' },
};
const kinds: Record<PageItem['kind'], Words> = {
  model: { zh: '模型', en: 'Model' },
  profile: { zh: '规则', en: 'Rules' },
  agent: { zh: '程序', en: 'Release' },
};
const words = {
  online: { zh: '在线', en: 'online' },
  offline: { zh: '离线', en: 'offline' },
  heard: { zh: '最近一次通信', en: 'last heard' },
  slot: { zh: '分区', en: 'slot' },
  runs: { zh: '运行', en: 'runs' },
  wanted: { zh: '目标', en: 'wanted' },
  nothing: { zh: '无', en: 'none' },
  number: { zh: '发布序号', en: 'publishing' },
  unknown: { zh: '未知', en: 'not known' },
  silent: { zh: '尚未上报版本', en: 'has not reported its versions yet' },
  fault: { zh: '无法取得更新', en: 'cannot get updates' },
  key: { zh: '签名密钥与首次上报时不同，其上报未被采信', en: 'signed by another key than at first; not believed' },
  trust: { zh: '若确已更换设备，请在中心执行', en: 'if its box was replaced, at the centre' },
  refused: { zh: '未采信的上报', en: 'reports not believed' },
} satisfies Record<string, Words>;

const summary = (devices: readonly PageDevice[], updates: PageUpdates | null): Words => {
  const online = devices.filter((device) => device.online).length;
  const look = devices.filter(needsLook).length;
  const offer = updates?.offer;
  const first = devices.length >= MOST;
  return {
    zh: [
      `${first ? '前 ' : ''}${devices.length} 台设备，${online} 台在线`,
      look > 0 ? `${look} 台需要查看` : '全部正常',
      ...(offer ? [`更新库版本 ${offer.timestamp}`] : []),
      ...(updates?.fault ? [`更新库无法读取：${updates.fault}`] : []),
    ].join('；'),
    en: [
      `${first ? 'the first ' : ''}${devices.length} ${devices.length === 1 ? 'box' : 'boxes'}, ${online} online`,
      look > 0 ? `${look} ${look === 1 ? 'needs' : 'need'} a look` : 'all well',
      ...(offer ? [`repository at version ${offer.timestamp}`] : []),
      ...(updates?.fault ? [`the repository cannot be read: ${updates.fault}`] : []),
    ].join('; '),
  };
};

const BAD = ['failed', 'refused', 'returned'];
const distrusted = ({ refused, report }: PageDevice) => refused !== null && refused.at > (report?.received ?? 0);
const needsLook = (device: PageDevice) =>
  device.fault !== null || distrusted(device) || device.items.some(({ result }) => BAD.includes(result ?? ''));

/** The section's summary line and its devices. */
export function fleetNodes(devices: readonly PageDevice[], updates: PageUpdates | null, language: Language) {
  const order = [...devices].sort((a, b) => Number(needsLook(b)) - Number(needsLook(a)));
  const nodes = order.slice(0, SHOWN).map((device) => deviceArticle(device, language));
  const rest = devices.length - nodes.length;
  if (rest > 0) nodes.push(line('p', { zh: `另有 ${rest} 台`, en: `and ${rest} more` }[language], 'quiet'));
  return { summary: summary(devices, updates)[language], nodes };
}

function deviceArticle(device: PageDevice, language: Language): HTMLElement {
  const say = (key: keyof typeof words) => words[key][language];
  const clock = (ms: number) => new Date(ms).toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB');
  const node = document.createElement('article');
  const title = line('h3', device.device);
  title.append(' ', chip(say(device.online ? 'online' : 'offline'), device.online ? 'good' : 'quiet', '●'));
  const facts = [
    ...(device.version ? [`Kerbside ${device.version}`] : []),
    ...(device.slot ? [`${say('slot')} ${device.slot.toUpperCase()}`] : []),
    `${say('heard')} ${clock(device.heard)}`,
  ];
  node.append(title, line('p', facts.join(' · ')));
  if (device.fault) {
    const { code, what } = device.fault;
    const [first, ...rest] = reasonIn(language, code, what);
    node.append(alarm(`${say('fault')}${colon(language)}${first}`, [...rest, code].join(' · ')));
  }
  if (distrusted(device) && device.refused) {
    const { count, why } = device.refused;
    const changed = device.otherKey !== null && device.otherKey.at >= device.refused.at;
    const text = changed ? say('key') : `${say('refused')} ${count}${colon(language)}${why}`;
    const trust = `bin/centre trust --device ${device.device} --key ${device.otherKey?.sha256.slice(0, 16)}`;
    node.append(alarm(text, changed ? `${say('trust')}${colon(language)}${trust}` : ''));
  }
  if (!device.report) node.append(line('p', say('silent')));
  if (device.items.length > 0) {
    const list = document.createElement('dl');
    for (const item of device.items) list.append(...itemNodes(item, device.report !== null, language, clock));
    node.append(list);
  }
  return node;
}

function itemNodes(item: PageItem, known: boolean, language: Language, clock: (ms: number) => string): HTMLElement[] {
  const say = (key: keyof typeof words) => words[key][language];
  const { kind, name, wanted, running, result, code, reason, at } = item;
  // Which publishing it was is said only where the version's name does not tell.
  const alike = wanted?.version === running?.version && wanted?.counter !== running?.counter;
  const shown = (thing: Version | null, none: string) =>
    thing ? `${thing.version}${alike && thing.counter !== null ? ` (${say('number')} ${thing.counter})` : ''}` : none;
  const same = wanted?.version === running?.version && !alike;
  const body = document.createElement('dd');
  const versions = line('p', `${say('runs')} ${shown(running, say(known ? 'nothing' : 'unknown'))}`);
  if (wanted && !same) versions.append(` · ${say('wanted')} ${shown(wanted, say('nothing'))}`);
  body.append(versions);
  if (result) {
    const { mark, look } = results[result];
    const state = chip(results[result][language], look, mark);
    if (at !== null) state.title = clock(at);
    versions.append(' ', state);
    if (result === 'success' || !(code || reason)) return [line('dt', `${kinds[kind][language]} ${name}`), body];
    const [first, ...rest] = reasonIn(language, code ?? null, reason ?? '');
    body.append(line('p', first, 'reason'));
    const small = [...rest, ...(code ? [code] : []), ...(at === null ? [] : [clock(at)])];
    body.append(line('p', small.join(' · '), 'code'));
  }
  return [line('dt', `${kinds[kind][language]} ${name}`), body];
}

/** The reason in this language, then as the device gave it where that is another. */
function reasonIn(language: Language, code: string | null, reason: string): [string, ...string[]] {
  const words = language === 'zh' && code !== null ? REASONS[code] : undefined;
  return words === undefined ? [reason] : [words, reason];
}

const colon = (language: Language) => (language === 'zh' ? '：' : ': ');

function alarm(text: string, small: string): HTMLElement {
  const node = line('p', text, 'alarm');
  if (small) node.append(line('span', ` ${small}`, 'code'));
  return node;
}

function chip(text: string, look: string, mark: string): HTMLElement {
  const node = line('span', '', `chip ${look}`);
  const sign = line('span', mark);
  sign.setAttribute('aria-hidden', 'true');
  node.append(sign, ` ${text}`);
  return node;
}

function line(tag: string, text: string, className = ''): HTMLElement {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = className;
  return node;
}

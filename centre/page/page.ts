// centre's page: the cases as they arrive, with their pictures, the vehicles, the fleet with its updates, and what was
// asked of boxes. Plain DOM; text only ever goes in as text.
import { alarmItem, listenToAlarms, type PageAlarm } from './alarms.ts';
import { commandItem, type PageCommand } from './commands.ts';
import { fleetNodes, type PageDevice, type PageUpdates } from './devices.ts';
import { type Language, type PageVehicle, vehicleArticle, type Words } from './vehicles.ts';

interface PageCase {
  nr: number;
  id: string;
  device: string;
  code: string;
  at: number;
  received: number;
  name: Words;
  zone_name: Words;
  place: { text: Words; lon: number; lat: number };
  evidence: { id: string; role: string; at: number }[];
  pictures: { id: string; url: string }[];
}

interface PageState {
  link: { online: boolean };
  cases: number;
  records: number;
  devices: { online: boolean }[];
  updates: PageUpdates | null;
}

const SHOWN = 60;
const FEW = 4;
/** Commands that wait, and of those that ended the last. */
const WAITING = 50;
const ENDED = 5;
const EVERY_MS = 2000;
const words = {
  summary: (state: PageState): Words => {
    const online = state.devices.filter((device) => device.online).length;
    return {
      zh: `${state.cases} 件案件，${state.records} 条记录，${online} 台设备在线${state.link.online ? '' : '；与消息服务器断开'}`,
      en: `${state.cases} cases, ${state.records} records, ${online} boxes online${state.link.online ? '' : '; broker disconnected'}`,
    };
  },
  waiting: { zh: '图片正在传送', en: 'pictures are on their way' },
  lost: { zh: '中心没有应答', en: 'the centre does not answer' },
};

let language: Language = navigator.language.startsWith('zh') ? 'zh' : 'en';
let shown: PageCase[] = [];
let alarms: readonly PageAlarm[] = [];
let vehicles: PageVehicle[] = [];
let commands: PageCommand[] = [];
let devices: PageDevice[] = [];
let state: PageState | null = null;

const at = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const clock = (ms: number) => new Date(ms).toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB');

function element(tag: string, text: string, className = ''): HTMLElement {
  const node = document.createElement(tag);
  node.textContent = text;
  node.className = className;
  return node;
}

function article(item: PageCase): HTMLElement {
  const node = document.createElement('article');
  const pictures = element('div', '', 'pictures');
  for (const { id, url } of item.pictures) {
    const image = document.createElement('img');
    image.src = url;
    image.loading = 'lazy';
    const of = item.evidence.find((evidence) => evidence.id === id);
    image.alt = of ? `${item.name[language]} · ${of.role} · ${clock(of.at)}` : item.name[language];
    pictures.append(image);
  }
  if (item.pictures.length === 0) pictures.append(element('p', words.waiting[language]));
  const text = element('div', '', 'text');
  text.append(
    element('h2', `${item.name[language]}  ${item.code}`),
    element('p', `${item.place.text[language]} · ${item.zone_name[language]}`),
    element('p', clock(item.received)),
    element('p', `${item.device} · ${item.id}`),
  );
  node.append(pictures, text);
  return node;
}

function draw(): void {
  document.documentElement.lang = language;
  at('language').textContent = language === 'zh' ? 'English' : '中文';
  for (const node of document.querySelectorAll<HTMLElement>('[data-zh]')) {
    node.textContent = node.dataset[language] ?? '';
  }
  at('summary').textContent = state ? words.summary(state)[language] : '';
  at('empty').hidden = shown.length > 0;
  at('cases').replaceChildren(...shown.map(article));
  drawAlarms();
  drawVehicles();
  drawCommands();
  drawDevices();
}

function drawAlarms(): void {
  at('alarm-section').hidden = alarms.length === 0;
  at('alarms').replaceChildren(...alarms.map((alarm) => alarmItem(alarm, language)));
}

function drawCommands(): void {
  at('command-section').hidden = commands.length === 0;
  at('commands').replaceChildren(...commands.map((command) => commandItem(command, language)));
}

function drawDevices(): void {
  const { summary, nodes } = fleetNodes(devices, state?.updates ?? null, language);
  // A handful is shown at once; a large fleet unfolds on request. Afterwards it stays as it was left.
  if (at('devices').hidden) at<HTMLDetailsElement>('devices-fold').open = devices.length <= FEW;
  at('devices').hidden = devices.length === 0;
  at('devices-summary').textContent = summary;
  at('devices-list').replaceChildren(...nodes);
}

/** Drawn anew without losing the focus of a link in it. */
function drawVehicles(): void {
  const focused = document.activeElement?.getAttribute('href');
  at('fleet').hidden = vehicles.length === 0;
  at('vehicles').replaceChildren(...vehicles.map((vehicle) => vehicleArticle(vehicle, language)));
  if (!focused) return;
  const links = at('vehicles').querySelectorAll('a');
  [...links].find((link) => link.getAttribute('href') === focused)?.focus();
}

async function json<T>(path: string): Promise<T> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${response.status}`);
  return (await response.json()) as T;
}

/** A large fleet is asked for less often: 1000 devices, which are a megabyte, every half minute. */
const EVERY_MS_A_DEVICE = 30;
let devicesDue = 0;
async function fleetNow(): Promise<PageDevice[]> {
  if (performance.now() < devicesDue) return devices;
  const all = await json<PageDevice[]>('/api/devices');
  devicesDue = performance.now() + (all.length <= FEW ? 0 : all.length * EVERY_MS_A_DEVICE);
  return all;
}

/** What waits first: it may be older than much that has ended. */
async function commandsNow(): Promise<PageCommand[]> {
  const [waiting, ended] = await Promise.all([
    json<PageCommand[]>(`/api/commands?state=waiting&limit=${WAITING}`),
    json<PageCommand[]>(`/api/commands?state=ended&limit=${ENDED}`),
  ]);
  return [...waiting, ...ended];
}

async function refresh(): Promise<void> {
  try {
    const [cases, fleet, boxes, asked, now] = await Promise.all([
      json<PageCase[]>(`/api/cases?limit=${SHOWN}`),
      json<PageVehicle[]>('/api/vehicles'),
      fleetNow(),
      commandsNow(),
      json<PageState>('/api/state'),
    ]);
    const moved = JSON.stringify(fleet) !== JSON.stringify(vehicles);
    const answered = JSON.stringify(asked) !== JSON.stringify(commands);
    const changed = JSON.stringify(cases) !== JSON.stringify(shown);
    const told = JSON.stringify([boxes, now.updates]) !== JSON.stringify([devices, state?.updates ?? null]);
    shown = cases;
    vehicles = fleet;
    commands = asked;
    devices = boxes;
    state = now;
    if (changed) draw();
    else {
      if (moved) drawVehicles();
      if (answered) drawCommands();
      if (told) drawDevices();
    }
    at('summary').textContent = words.summary(now)[language];
  } catch {
    at('summary').textContent = words.lost[language];
  }
  setTimeout(refresh, EVERY_MS);
}

at('language').addEventListener('click', () => {
  language = language === 'zh' ? 'en' : 'zh';
  draw();
});
draw();
listenToAlarms((now) => {
  alarms = now;
  drawAlarms();
});
void refresh();

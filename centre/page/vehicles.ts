// centre's page: one vehicle: where it was last, how fast, when, and its track as files. Plain DOM; text goes in as text.
export type Language = 'zh' | 'en';
export type Words = Record<Language, string>;

export interface PageVehicle {
  device: string;
  online: boolean;
  heard: number;
  position: { at: number; lat: number; lon: number; speed: number | null; mode: number; flags: string[] } | null;
  track: { geojson: string; gpx: string };
}

const KMH = 3.6;
const words = {
  online: { zh: '在线', en: 'online' },
  offline: { zh: '离线', en: 'offline' },
  nowhere: { zh: '尚无定位', en: 'no position yet' },
  reckoned: { zh: '航位推算', en: 'dead reckoning' },
  heard: { zh: '最近一次通信', en: 'last heard' },
  positioned: { zh: '定位时间', en: 'position of' },
  track: { zh: '最近一天的轨迹', en: 'track of the last day' },
} satisfies Record<string, Words>;

/** The box with everything about one vehicle. */
export function vehicleArticle(vehicle: PageVehicle, language: Language): HTMLElement {
  const { device, online, heard, position, track } = vehicle;
  const clock = (ms: number) => new Date(ms).toLocaleString(language === 'zh' ? 'zh-CN' : 'en-GB');
  const node = document.createElement('article');
  const title = line('h2', `${device} · ${words[online ? 'online' : 'offline'][language]}`);
  node.append(title);
  if (position) {
    const where = line('p', `${position.lat.toFixed(6)}, ${position.lon.toFixed(6)}`);
    const speed = line('strong', position.speed === null ? '–' : `${Math.round(position.speed * KMH)} km/h`);
    where.append(' · ', speed);
    const reckoned = position.mode === 4 ? ` · ${words.reckoned[language]}` : '';
    node.append(where, line('p', `${words.positioned[language]} ${clock(position.at)}${reckoned}`));
  } else node.append(line('p', words.nowhere[language]));
  if (heard !== position?.at) node.append(line('p', `${words.heard[language]} ${clock(heard)}`));
  const files = line('p', `${words.track[language]} `);
  files.append(link('GeoJSON', track.geojson), link('GPX', track.gpx));
  node.append(files);
  return node;
}

function line(tag: string, text: string): HTMLElement {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}

function link(text: string, href: string): HTMLElement {
  const node = document.createElement('a');
  node.textContent = text;
  node.href = href;
  return node;
}

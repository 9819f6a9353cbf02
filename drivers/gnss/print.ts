// drivers/gnss: an epoch as one line of JSON. In: an epoch. Out: text, figures rounded to what a receiver can know.
// Satellites change seldom beside the rest: the text of each is kept as long as its object is.
import { ALL_KEYS, PER_SYSTEM, SYSTEMS } from './numbering.ts';
import type { Epoch, Satellite } from './types.ts';

const FIRST_KEY = Object.fromEntries(SYSTEMS.map((system, i) => [system, i * PER_SYSTEM]));
/** by satellite: the object that was printed last, and its text */
const objects: (Satellite | undefined)[] = new Array(ALL_KEYS).fill(undefined);
const texts: string[] = new Array(ALL_KEYS).fill('');
let lastList: readonly Satellite[] | null = null;
let lastText = '';

/** The line of one epoch, without newline: as `replay nmea` prints it. Degrees to 1e-9, metres and m/s to 1e-3. */
export function epochLine(epoch: Epoch): string {
  const flags =
    epoch.flags === undefined ? '' : `,"flags":${JSON.stringify(epoch.flags)},"why":${JSON.stringify(epoch.why ?? '')}`;
  return (
    `{"time":${epoch.time},"mode":${epoch.mode},"lat":${rounded(epoch.lat, 1e9)},"lon":${rounded(epoch.lon, 1e9)}` +
    `,"alt":${rounded(epoch.alt, 1e3)},"speed":${rounded(epoch.speed, 1e3)},"track":${rounded(epoch.track, 1e3)}` +
    `,"hdop":${epoch.hdop},"satellites":${listText(epoch.satellites)}${flags}}`
  );
}

function listText(list: readonly Satellite[]): string {
  if (list === lastList) return lastText;
  let text = '[';
  for (let i = 0; i < list.length; i++) {
    if (i > 0) text += ',';
    text += satelliteText(list[i]!);
  }
  lastText = `${text}]`;
  lastList = list;
  return lastText;
}

function satelliteText(s: Satellite): string {
  const key = FIRST_KEY[s.system]! + s.prn;
  if (objects[key] === s) return texts[key]!;
  const text = `{"system":"${s.system}","prn":${s.prn},"elevation":${s.elevation},"azimuth":${s.azimuth},"snr":${s.snr},"used":${s.used}}`;
  objects[key] = s;
  texts[key] = text;
  return text;
}

function rounded(value: number | null, scale: number): number | null {
  return value === null ? null : Math.round(value * scale) / scale;
}

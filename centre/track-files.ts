// centre: a vehicle's points -> GeoJSON (RFC 7946) or GPX 1.1, as text in pieces. A line ends where a trip begins, where
// no position came for more than five minutes, or where it grows too long to be held. Pure.
import type { TrackPoint } from './vehicles.ts';

const GAP_MS = 5 * 60_000;
/** Positions of one line: what is held in memory. At one a second more than a day. */
const LONGEST = 100_000;

type Points = AsyncIterable<TrackPoint>;

/** What a line needs of a point. */
interface Line {
  positions: string[];
  times: number[];
  speeds: (number | null)[];
}

/** A FeatureCollection: a LineString for each line, a Point where a line has only one position. */
export async function* geoJson(device: string, points: Points): AsyncGenerator<string> {
  yield '{"type":"FeatureCollection","features":[';
  let separator = '\n';
  let line: Line = { positions: [], times: [], speeds: [] };
  for await (const { point, begins } of cut(points)) {
    if (begins && line.times.length > 0) {
      yield separator + feature(device, line);
      separator = ',\n';
      line = { positions: [], times: [], speeds: [] };
    }
    const { lon, lat, alt, at, speed } = point;
    line.positions.push(JSON.stringify(alt === null ? [lon, lat] : [lon, lat, alt]));
    line.times.push(at);
    line.speeds.push(speed);
  }
  if (line.times.length > 0) yield separator + feature(device, line);
  yield '\n]}\n';
}

function feature(device: string, { positions, times, speeds }: Line): string {
  const single = positions.length === 1;
  const coordinates = single ? positions[0] : `[${positions.join(',')}]`;
  const coordTimes = times.map((at) => new Date(at).toISOString());
  const properties = { device, begin: coordTimes[0], end: coordTimes.at(-1), coordTimes, speeds };
  const geometry = `{"type":"${single ? 'Point' : 'LineString'}","coordinates":${coordinates}}`;
  return `{"type":"Feature","geometry":${geometry},"properties":${JSON.stringify(properties)}}`;
}

/** A track of a segment for each line. */
export async function* gpx(device: string, points: Points): AsyncGenerator<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n';
  yield '<gpx version="1.1" creator="Kerbside" xmlns="http://www.topografix.com/GPX/1/1">\n';
  // An id holds nothing that XML would have to escape.
  yield `<trk><name>${device}</name>\n`;
  let text = '';
  let open = false;
  for await (const { point, begins } of cut(points)) {
    if (begins) text += open ? '</trkseg>\n<trkseg>\n' : '<trkseg>\n';
    open = true;
    const ele = point.alt === null ? '' : `<ele>${plain(point.alt)}</ele>`;
    const time = `<time>${new Date(point.at).toISOString()}</time>`;
    text += `<trkpt lat="${plain(point.lat)}" lon="${plain(point.lon)}">${ele}${time}</trkpt>\n`;
    if (text.length > 65_536) {
      yield text;
      text = '';
    }
  }
  yield `${text}${open ? '</trkseg>\n' : ''}</trk>\n</gpx>\n`;
}

/** XML's decimal knows no exponent; a wire step is never finer than 1e-7. */
function plain(value: number): string {
  return value.toFixed(7).replace(/\.?0+$/, '');
}

/** Says of each point whether a line begins with it. */
async function* cut(points: Points): AsyncGenerator<{ point: TrackPoint; begins: boolean }> {
  let last: number | null = null;
  let length = 0;
  for await (const point of points) {
    const begins: boolean = last === null || point.begins || point.at - last > GAP_MS || length >= LONGEST;
    length = begins ? 1 : length + 1;
    last = point.at;
    yield { point, begins };
  }
}

// agent/main: the health lines of the page, from the states of all parts. Plain sentences, a value, a remedy.
import { CLOCK_FLOOR } from '../../contract/index.ts';
import type { HealthLine, SourceState, State, VehicleState } from '../console/api.ts';
import type { Check } from '../health/doctor.ts';
import { cameraLines } from './camera-health.ts';
import { siteLines } from './site/health.ts';
import { looksLine } from './trial/health.ts';
import { updateLines } from './updates/health.ts';

/** What waits longer than this for the centre is worth a warning, ms. */
const LONG_WAIT_MS = 10 * 60_000;

export function healthLines(state: Omit<State, 'health'>, checks: readonly Check[]): HealthLine[] {
  return [
    ...state.cameras.flatMap((camera) => cameraLines(camera, state.now)),
    ...siteLines(state.site),
    ...(state.looker ? [looksLine(state.looker)] : []),
    ...(state.vehicle ? vehicleLines(state.vehicle) : []),
    linkLine(state),
    outboxLine(state),
    ...updateLines(state.updates, state.now),
    ...checks.filter(({ id, level }) => level !== 'ok' || ['storage', 'memory', 'clock', 'detector'].includes(id)),
  ];
}

function vehicleLines({ receiver, bus, lines }: VehicleState): HealthLine[] {
  const remedy = {
    zh: '检查天线、插头与串口设置;恢复后自动重连',
    en: 'check antenna, plug and port settings; it is tried again by itself',
  };
  return [
    sourceLine('gnss', { zh: '卫星定位接收机', en: 'GNSS receiver' }, receiver, remedy),
    sourceLine('bus', { zh: '车辆总线', en: 'Vehicle bus' }, bus, remedy),
    ...lines.flatMap((line): HealthLine[] =>
      line.error === undefined
        ? []
        : [
            {
              id: `line-${line.id}`,
              level: 'warn',
              text: { zh: `线路「${line.name.zh}」无法读取`, en: `Line "${line.name.en}" cannot be read` },
              value: line.error,
              remedy: { zh: '检查 GPIO 编号与权限', en: 'check the number of the GPIO and its permissions' },
            },
          ],
    ),
  ];
}

function sourceLine(
  id: string,
  name: HealthLine['text'],
  { state, reason }: SourceState,
  remedy: HealthLine['text'],
): HealthLine {
  if (state === 'live') return { id, level: 'ok', text: { zh: `${name.zh}正常`, en: `${name.en} is live` }, value: '' };
  if (state === 'none')
    return { id, level: 'ok', text: { zh: `未配置${name.zh}`, en: `No ${name.en} is configured` }, value: '' };
  if (state === 'starting')
    return { id, level: 'warn', text: { zh: `${name.zh}正在接入`, en: `${name.en} is being opened` }, value: '' };
  return {
    id,
    level: 'bad',
    text: { zh: `${name.zh}无数据`, en: `${name.en} gives no data` },
    value: reason ?? '',
    remedy,
  };
}

function linkLine({ link }: Omit<State, 'health'>): HealthLine {
  const id = 'link';
  if (link.state === 'online') {
    return { id, level: 'ok', text: { zh: '已连接平台', en: 'Connected to the centre' }, value: link.broker };
  }
  if (link.state === 'none') {
    return {
      id,
      level: 'warn',
      text: { zh: '未配置上行', en: 'No way upstream is configured' },
      value: '',
      remedy: { zh: '在配置中填写 uplink.url', en: 'set uplink.url in the configuration' },
    };
  }
  return {
    id,
    level: 'warn',
    text: { zh: '未连接平台,数据已存于本机', en: 'Not connected to the centre; everything is kept here' },
    value: link.error ?? link.broker,
    remedy: { zh: '检查网络;恢复后自动补传', en: 'check the network; what waits is sent by itself' },
  };
}

/** When the oldest record was accepted; a time of a clock that was not known yet says nothing of how long it has waited. */
function believed(oldest: number | null): number {
  return oldest !== null && oldest >= CLOCK_FLOOR ? oldest : Number.POSITIVE_INFINITY;
}

function outboxLine({ outbox, now }: Omit<State, 'health'>): HealthLine {
  const waiting = outbox.reduce((sum, lane) => sum + lane.waiting, 0);
  const oldest = Math.min(...outbox.map((lane) => believed(lane.oldest)));
  const late = now - oldest > LONG_WAIT_MS;
  return {
    id: 'outbox',
    level: late ? 'warn' : 'ok',
    text: late
      ? { zh: '有数据长时间未送达', en: 'Records have waited long for the centre' }
      : { zh: '待发数据', en: 'Waiting to be sent' },
    value: String(waiting),
  };
}

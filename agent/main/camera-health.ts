// agent/main: what health says of a camera: which trouble it is, and what to do about just that one.
import type { CameraState, HealthLine, Words } from '../console/api.ts';

/** A change of the stream is told for so long, ms. */
const TOLD_MS = 24 * 3600_000;

const AWAY: Words = {
  zh: '检查电源、网线与地址;恢复后自动重连',
  en: 'check its power, cable and address; it is tried again by itself',
};

/** Trouble by its code: what is the matter, and the remedy. */
const TROUBLES: Readonly<Record<string, { what: Words; remedy: Words }>> = {
  CAMERA_PASSWORD: {
    what: { zh: '拒绝了用户名或密码', en: 'refuses the name or the password' },
    remedy: {
      zh: '在站点文件的地址中填写正确的用户名和密码;每分钟只重试一次,以免账号被锁',
      en: 'put the right ones into its address in the site file; it is tried once a minute, so that the account is not locked',
    },
  },
  CAMERA_UNREACHABLE: { what: { zh: '无法连接', en: 'cannot be reached' }, remedy: AWAY },
  CAMERA_SILENT: {
    what: { zh: '已连接但没有画面', en: 'is connected and sends nothing' },
    remedy: { zh: '重启摄像机;恢复后自动重连', en: 'restart the camera; it is tried again by itself' },
  },
  CAMERA_STUCK: {
    what: { zh: '画面时间停滞', en: 'sends pictures whose time stands still' },
    remedy: { zh: '重启摄像机,检查其时钟设置', en: 'restart the camera, and look at its clock' },
  },
  CAMERA_FAST: {
    what: { zh: '帧率远高于标称值', en: 'sends far more pictures than it says' },
    remedy: { zh: '在摄像机页面降低子码流帧率', en: 'lower the rate of this stream on its own page' },
  },
  CAMERA_UNREADABLE: {
    what: { zh: '画面无法解码', en: 'sends what is no picture' },
    remedy: {
      zh: '检查码流地址与编码格式(H.264、H.265)',
      en: 'check the address of the stream and its codec (H.264, H.265)',
    },
  },
  CAMERA_MISSING: {
    what: { zh: '视频源不存在', en: 'has a source that is not there' },
    remedy: { zh: '检查文件、文件夹或 USB 摄像机', en: 'look for the file, the folder or the USB camera' },
  },
  CAMERA_SOURCE: {
    what: { zh: '没有可用的视频源', en: 'has no source' },
    remedy: { zh: '在站点文件中填写 source', en: 'write its source into the site file' },
  },
};

const NO_PICTURE: Words = { zh: '无画面', en: 'gives no picture' };

/** One line for the camera, one for its larger stream where that is lost, one for a stream that has changed. */
export function cameraLines(camera: CameraState, now: number): HealthLine[] {
  const { id, name, main, change } = camera;
  const lines = [cameraLine(camera)];
  if (main?.state === 'lost') {
    const { what, remedy } = troubleOf(main.code);
    lines.push({
      id: `camera-${id}-main`,
      level: 'warn',
      text: {
        zh: `摄像机「${name.zh}」的主码流${what.zh},证据暂用子码流`,
        en: `The larger stream of camera "${name.en}" ${what.en}; evidence is taken from the smaller one`,
      },
      value: main.reason ?? '',
      remedy,
    });
  }
  if (change && now - change.at < TOLD_MS) {
    lines.push({
      id: `camera-${id}-change`,
      level: 'warn',
      text: { zh: `摄像机「${name.zh}」的码流已改变`, en: `The stream of camera "${name.en}" has changed` },
      value: change.text,
      remedy: { zh: '核对画面中的区域位置', en: 'look whether the zones still lie where they should' },
    });
  }
  return lines;
}

function cameraLine({ id, name, state, reason, code, looks_per_s, look_ms, gated_per_s }: CameraState): HealthLine {
  const line = { id: `camera-${id}` };
  if (state === 'live') {
    return {
      ...line,
      level: 'ok',
      text: { zh: `摄像机「${name.zh}」正常`, en: `Camera "${name.en}" is live` },
      value: `${(looks_per_s + gated_per_s).toFixed(1)} looks/s, ${Math.round(look_ms)} ms`,
    };
  }
  if (state === 'starting') {
    return {
      ...line,
      level: 'warn',
      text: { zh: `摄像机「${name.zh}」正在接入`, en: `Camera "${name.en}" is being opened` },
      value: '',
    };
  }
  const { what, remedy } = troubleOf(code);
  return {
    ...line,
    level: 'bad',
    text: { zh: `摄像机「${name.zh}」${what.zh}`, en: `Camera "${name.en}" ${what.en}` },
    value: reason ?? '',
    remedy,
  };
}

const troubleOf = (code: string | undefined) => TROUBLES[code ?? ''] ?? { what: NO_PICTURE, remedy: AWAY };

// agent/console page: the words of the vehicle's room in Chinese, written for those who drive and keep the vehicles.
import type { VehicleWords } from './en-vehicle.ts';

const SOURCES: Record<string, string> = {
  gnss: '定位',
  bus: '总线',
  line: '开关量',
  lines: '开关量',
  counted: '本机累计',
  integrated: '里程推算',
  none: '–',
};
const FLAGS: Record<string, string> = {
  frozen: '车在动，定位不动',
  jump: '位置突跳，超出车辆可能的行程',
  repeat: '定位重复，未更新',
  'time-back': '定位时间倒退',
};
const SYSTEMS: Record<string, string> = { BeiDou: '北斗', GLONASS: '格洛纳斯', Galileo: '伽利略', QZSS: '准天顶' };

export const zhVehicle: VehicleWords = {
  absent: '这台设备没有装在车上',
  absentHint: '请在配置里加上车辆角色，然后重启程序。',
  kind: { sweeper: '扫路车', sprinkler: '洒水车', muck: '渣土车', mixer: '混凝土搅拌车', garbage: '垃圾收运车' },
  profile: (name) => `方案 ${name}`,
  unit: {
    kmh: 'km/h',
    m: '米',
    km: '公里',
    h: '小时',
    percent: '%',
    celsius: '℃',
    rpm: '转/分',
    litre: '升',
    volt: '伏',
    kpa: '千帕',
  },
  fact: { fix: '定位', trip: '本次行程', speed: '车速', position: '坐标', vehicle: '车辆' },
  motion: { moving: '行驶中', idling: '停车，未熄火', standing: '静止', off: '已熄火' },
  speed: {
    title: '车速',
    both: (gnss, bus) => `定位 ${gnss} · 总线 ${bus}`,
    source: { gnss: '定位车速', bus: '总线车速', none: '无' },
    differs: (which) => `两者不一致，当前显示${which}。请检查轮胎规格设置和天线。`,
  },
  where: {
    nowhere: '尚未定位',
    at: (street, heads, fresh) => {
      if (!fresh) return street === null ? '最后定位处' : `最后位于${street}`;
      if (street === null) return heads === null ? '不在地图上的道路' : `向${heads}行驶`;
      return heads === null ? `位于${street}` : `${street}，向${heads}行驶`;
    },
    alt: (metres) => `海拔 ${metres} 米`,
  },
  fix: {
    mode: { 2: '二维定位', 3: '三维定位' },
    satellites: (n) => `${n} 颗卫星`,
    comma: '，',
    never: '尚未定位',
    aged: (age) => `当前无定位，上次定位在 ${age}前`,
    flag: FLAGS,
    doubt: (why) => `定位存疑：${why.join('；')}`,
  },
  trip: { none: '当前没有行程', since: (time, span) => `${time} 起，${span}` },
  receiver: {
    lost: '定位接收机中断',
    weak: '当前无法定位',
    starting: '等待首次定位',
    none: '这台设备没有定位接收机',
    lastFix: (age) => `图上是 ${age}前的位置。`,
    remedy: {
      lost: '设备会一直重试。请先检查接收机的供电和串口线，再核对配置里的串口。',
      weak: '接收机正常，但收到的卫星太少。在隧道里或顶棚下属正常，驶出后自动恢复；若在空旷处，请检查天线和馈线。',
      starting: '在空旷处启动后，最长约需一分钟。',
      none: '请在配置里写上接收机的串口，然后重启程序。',
    },
  },
  bus: {
    rate: (n) => `${n} 帧/秒`,
    lost: '总线中断',
    starting: '等待总线数据',
    none: '这台设备没有接总线',
    live: '总线正常',
    remedy: {
      lost: '以下保留最后的数值和时效。请先打开点火开关，再检查 CAN 适配器、接头和配置里的波特率。',
      starting: '多数车辆在点火之前总线没有数据。',
      none: '需要总线数据时，请在配置里写上 CAN 端口；只有接收机也能得到位置和车速。',
      live: '',
    },
  },
  lines: {
    title: '开关量',
    state: { 0: '断开', 1: '接通' },
    made: '这是演示用的开关量：在这里拨动，设备的反应与车上动作时相同。',
    real: '取自车辆，不能在这里拨动。',
    waiting: '正在切换…',
    slow: '开关量没有变化，请再试一次。',
    pulses: (n) => `${n} 个脉冲`,
    error: (why) => `这路开关量读不到：${why}`,
    none: '没有配置开关量',
    noneHint: '请在方案里写上扫刷、喷水等开关量。',
  },
  signals: {
    title: '信号',
    columns: ['信号', '数值', '来源', '时效'],
    source: (name) => SOURCES[name] ?? name,
    none: '还没有信号',
    noneHint: '总线或接收机一有数据，就会显示在这里。',
  },
  sky: {
    title: '星空图',
    winds: ['北', '东北', '东', '东南', '南', '西南', '西', '西北'],
    towards: ['北', '东北', '东', '东南', '南', '西南', '西', '西北'],
    system: (name) => SYSTEMS[name] ?? name,
    count: (used, all) => `${used} / ${all}`,
    total: (used, all) => `使用 ${used} 颗，可见 ${all} 颗`,
    summary: (used, all) => `星空图：可见 ${all} 颗卫星，使用 ${used} 颗，各系统数量见下。`,
    one: (system, prn, elevation, azimuth, snr, used) =>
      `${system} ${prn} 号：仰角 ${elevation}°，方位角 ${azimuth}°${snr === null ? '' : `，载噪比 ${snr} dB-Hz`}，${used ? '参与定位' : '未参与定位'}`,
    used: '实心：参与定位',
    unused: '空心：仅可见',
    unplaced: (n) => `另有 ${n} 颗没有给出方位。`,
    old: '最后一次收到的情况。',
    none: '还没有收到卫星',
    noneHint: '天线上方需要无遮挡。',
  },
  map: {
    title: '地图',
    keys: '地图。方向键移动，加减号缩放，F 键跟随车辆。',
    label: (street, heads, fresh) =>
      `地图：车辆${street === null ? '' : `${fresh ? '' : '最后'}位于${street}`}${heads === null ? '' : `，车头朝${heads}`}，及其轨迹`,
    nearer: '放大',
    farther: '缩小',
    follow: '跟随',
    north: '上方为北',
    legend: '轨迹车速，km/h',
    gap: '无定位',
    madeUp: '演示：道路均为虚构',
    none: '本机没有道路地图',
  },
};

// agent/console page: the words of the vehicle's room in English, and the shape that each other language fills. Pure.

const SOURCES: Record<string, string> = {
  gnss: 'Receiver',
  bus: 'Bus',
  line: 'Line',
  lines: 'Line',
  counted: 'Counted',
  integrated: 'From the way',
  none: '–',
};
const FLAGS: Record<string, string> = {
  frozen: 'it stands still while the vehicle moves',
  jump: 'it leapt further than a vehicle can',
  repeat: 'it repeats itself',
  'time-back': 'its time went back',
};

export const enVehicle = {
  absent: 'This box is in no vehicle',
  absentHint: 'Give it the vehicle role in its configuration, then restart the agent.',
  kind: {
    sweeper: 'Sweeper',
    sprinkler: 'Sprinkler',
    muck: 'Muck truck',
    mixer: 'Concrete mixer',
    garbage: 'Garbage truck',
  },
  profile: (name: string) => `Profile ${name}`,
  unit: {
    kmh: 'km/h',
    m: 'm',
    km: 'km',
    h: 'h',
    percent: '%',
    celsius: '°C',
    rpm: 'rpm',
    litre: 'L',
    volt: 'V',
    kpa: 'kPa',
  },
  fact: { fix: 'Fix', trip: 'Trip', speed: 'Speed', position: 'Position', vehicle: 'Vehicle' },
  motion: { moving: 'Moving', idling: 'Standing, ignition on', standing: 'Standing', off: 'Ignition off' },
  speed: {
    title: 'Speed',
    both: (gnss: string, bus: string) => `Receiver ${gnss} · bus ${bus}`,
    source: { gnss: 'the receiver’s', bus: 'the bus’s', none: 'neither' },
    differs: (which: string) => `They disagree; ${which} is shown. Check tyre size and antenna.`,
  },
  where: {
    nowhere: 'Not seen yet',
    at: (street: string | null, heads: string | null, fresh: boolean) => {
      if (!fresh) return street === null ? 'Where it was last seen' : `Last seen on ${street}`;
      if (street === null) return heads === null ? 'Away from the streets of the map' : `Heading ${heads}`;
      return heads === null ? `On ${street}` : `On ${street}, heading ${heads}`;
    },
    alt: (metres: string) => `Altitude ${metres} m`,
  },
  fix: {
    mode: { 2: '2D fix', 3: '3D fix' },
    satellites: (n: number) => (n === 1 ? '1 satellite' : `${n} satellites`),
    comma: ', ',
    never: 'No fix so far',
    aged: (age: string) => `No fix now; the last was ${age} ago`,
    flag: FLAGS,
    doubt: (why: string[]) => `Doubtful: ${why.join('; ')}`,
  },
  trip: { none: 'No trip now', since: (time: string, span: string) => `since ${time}, ${span}` },
  receiver: {
    lost: 'Receiver lost',
    weak: 'No position now',
    starting: 'Waiting for the first position',
    none: 'This box has no receiver',
    lastFix: (age: string) => `The place shown is ${age} old.`,
    remedy: {
      lost: 'The box keeps trying. Check the receiver’s power and its serial cable, then its port in the configuration.',
      weak: 'The receiver works but hears too few satellites. In a tunnel or under a roof it comes back by itself; under open sky, check the antenna and its cable.',
      starting: 'After a start under open sky this takes up to a minute.',
      none: 'Name its serial port in the configuration, then restart the agent.',
    },
  },
  bus: {
    rate: (n: number) => `${n} frames/s`,
    lost: 'Bus lost',
    starting: 'Waiting for the bus',
    none: 'This box has no bus',
    live: 'Bus live',
    remedy: {
      lost: 'The last values stay, with their age. Switch the ignition on; then check the CAN adapter, its plug and the bit rate in the configuration.',
      starting: 'Most buses are silent until the ignition is on.',
      none: 'Name a CAN port in the configuration; the receiver alone gives position and speed.',
      live: '',
    },
  },
  lines: {
    title: 'Lines',
    state: { 0: 'Off', 1: 'On' },
    made: 'These are the demo’s lines: switch them, and the box reacts as if the vehicle had.',
    real: 'Read from the vehicle; they cannot be switched here.',
    waiting: 'Switching …',
    slow: 'The line did not follow. Try again.',
    pulses: (n: number) => (n === 1 ? '1 pulse' : `${n} pulses`),
    error: (why: string) => `This line cannot be read: ${why}`,
    none: 'No line is configured',
    noneHint: 'Name lines such as brush or spray in the profile.',
  },
  signals: {
    title: 'Signals',
    columns: ['Signal', 'Value', 'From', 'Age'],
    source: (name: string) => SOURCES[name] ?? name,
    none: 'No signal yet',
    noneHint: 'Values appear here as soon as the bus or the receiver says them.',
  },
  sky: {
    title: 'Sky',
    winds: ['N', 'NE', 'E', 'SE', 'S', 'SW', 'W', 'NW'],
    towards: ['north', 'north-east', 'east', 'south-east', 'south', 'south-west', 'west', 'north-west'],
    system: (name: string) => name,
    count: (used: number, all: number) => `${used} of ${all}`,
    total: (used: number, all: number) => `${used} of ${all} used`,
    summary: (used: number, all: number) =>
      `Sky: ${all} satellites in view, ${used} used. The counts by system follow.`,
    one: (system: string, prn: number, elevation: number, azimuth: number, snr: number | null, used: boolean) =>
      `${system} ${prn}: ${elevation}° high, azimuth ${azimuth}°${snr === null ? '' : `, ${snr} dB-Hz`}, ${used ? 'used' : 'not used'}`,
    used: 'filled: used',
    unused: 'hollow: in view only',
    unplaced: (n: number) =>
      n === 1 ? '1 more has not said where it stands.' : `${n} more have not said where they stand.`,
    old: 'As last heard.',
    none: 'No satellite heard yet',
    noneHint: 'The antenna needs an open view of the sky.',
  },
  map: {
    title: 'Map',
    keys: 'Map. Arrow keys move it, plus and minus zoom, F follows the vehicle.',
    label: (street: string | null, heads: string | null, fresh: boolean) =>
      `Map with the vehicle${street === null ? '' : `${fresh ? '' : ', last seen'} on ${street}`}${heads === null ? '' : `, heading ${heads}`}, and its trail`,
    nearer: 'Zoom in',
    farther: 'Zoom out',
    follow: 'Follow',
    north: 'North is up',
    legend: 'Trail by speed, km/h',
    gap: 'no fix',
    madeUp: 'Demo: these streets are made up',
    none: 'No map of streets on this box',
  },
};

export type VehicleWords = typeof enVehicle;

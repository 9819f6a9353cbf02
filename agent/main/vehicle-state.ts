// agent/main: the vehicle as the page's interface gives it. Pure: what is known comes in, one object goes out.
import type { Epoch } from '../../drivers/gnss/index.ts';
import type { TerminalProfile } from '../config/terminal.ts';
import type { VehicleState } from '../console/api.ts';
import type { VehicleNow } from '../vehicle/index.ts';

type Sources = Pick<VehicleState, 'receiver' | 'bus'>;

export function vehicleState(
  profile: TerminalProfile,
  now: VehicleNow,
  epoch: Epoch | null,
  sources: Sources,
  failed: ReadonlyMap<string, string>,
  switchable: boolean,
): VehicleState {
  return {
    kind: profile.vehicle,
    profile: profile.profile,
    ...sources,
    time: now.time,
    ignition: now.ignition,
    moving: now.moving,
    trip: now.trip,
    fix: {
      mode: now.mode,
      lat: now.lat,
      lon: now.lon,
      alt: epoch?.alt ?? null,
      track: now.track,
      hdop: epoch?.hdop ?? null,
      age_ms: now.fixAge === null ? null : Math.round(now.fixAge),
      flags: [...(epoch?.flags ?? [])],
    },
    speed: {
      value: now.speed,
      source: now.speedSource,
      gnss: now.speedGnss,
      bus: now.speedBus,
      differs: now.differs,
    },
    satellites: (sources.receiver.state === 'live' ? (epoch?.satellites ?? []) : []).map((satellite) => ({
      ...satellite,
    })),
    signals: signals(now),
    lines: profile.lines.map(({ id, name }) => {
      const line = now.lines[id];
      const error = failed.get(id);
      return {
        id,
        name,
        state: line?.state ?? 0,
        since: line?.since ?? now.time,
        ...(line?.pulses === undefined ? {} : { pulses: line.pulses }),
        ...(error === undefined ? {} : { error }),
      };
    }),
    switchable,
  };
}

/** Fast values age by the bus's silence; they are null as soon as they are stale, so no age is shown for them. */
function signals(now: VehicleNow): VehicleState['signals'] {
  const bus = { source: 'bus', age_ms: null };
  const odometer = now.odometerSource;
  return [
    {
      id: 'speed_gnss',
      name: { zh: '卫星速度', en: 'Speed, GNSS' },
      value: now.speedGnss,
      unit: 'm/s',
      source: 'gnss',
      age_ms: now.fixAge,
    },
    { id: 'speed_bus', name: { zh: '总线速度', en: 'Speed, bus' }, value: now.speedBus, unit: 'm/s', ...bus },
    { id: 'rpm', name: { zh: '发动机转速', en: 'Engine speed' }, value: now.rpm, unit: 'rpm', ...bus },
    { id: 'fuel', name: { zh: '油量', en: 'Fuel level' }, value: now.fuel, unit: '%', ...bus },
    { id: 'coolant', name: { zh: '冷却液温度', en: 'Coolant' }, value: now.coolant, unit: 'degC', ...bus },
    { id: 'engine_s', name: { zh: '发动机工时', en: 'Engine hours' }, value: now.engineS, unit: 's', ...bus },
    {
      id: 'odometer',
      name: { zh: '总里程', en: 'Odometer' },
      value: now.odometer,
      unit: 'm',
      source: odometer,
      age_ms: null,
    },
  ];
}

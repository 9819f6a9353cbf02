// agent/vehicle: the face of this room: readings in, points, events and the state of the vehicle out.
export { concerns, meaningful, signalReadings } from './bus.ts';
export type { BusSignal, Output, PointOutput, Reading, VehicleEvent, VehicleNow } from './types.ts';
export { type Carried, Vehicle } from './vehicle.ts';

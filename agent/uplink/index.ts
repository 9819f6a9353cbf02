// The face of agent/uplink.
export { parseBroker } from './broker-url.ts';
export { DRAIN_MAX, DRAIN_MIN } from './drain.ts';
export type { TlsFiles } from './tls.ts';
export type { TrafficDay } from './traffic.ts';
export * from './types.ts';
export { Uplink, type UplinkOptions } from './uplink.ts';

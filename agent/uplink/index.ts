// The face of agent/uplink.
export { parseBroker } from './broker-url.ts';
export * from './types.ts';
export { Uplink, type UplinkOptions } from './uplink.ts';

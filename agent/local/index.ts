// The face of agent/local: the broker between the agent and flows on this box.
export { Bucket } from './bucket.ts';
export { LocalBus } from './bus.ts';
export { caseOfFlow, type FlowCaseBox } from './made.ts';
export type { LocalBusOptions, LocalCommands, LocalCounters, LocalPicture, LocalUser } from './types.ts';

// The face of the contract: what crosses a wire, and nothing else.
export * from './case.ts';
export * from './command.ts';
export * from './envelope.ts';
export * from './errors.ts';
export * from './evidence.ts';
export * from './ids.ts';
export * from './lanes.ts';
export * from './local.ts';
export * from './session.ts';
export * from './telemetry.ts';
export * from './telemetry-batch.ts';
export * from './time.ts';
export * from './topics.ts';
export * from './updates.ts';

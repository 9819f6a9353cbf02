// The face of agent/commands.
//
//   const commands = new Commands({ device, dir, clock, facts, handlers: { ping: pingHandler(...), ... }, answer, onFault });
//   down/command:  commands.take(payload);      answers go to up/reply/{id}
//   at the end:    await commands.close();
export { type CommandCounters, Commands, type CommandsOptions } from './commands.ts';
export { type Drain, drainRateHandler } from './drain-rate.ts';
export { type PingOptions, pingHandler } from './ping.ts';
export { type Snapshot, type SnapshotSource, snapshotHandler } from './snapshot.ts';
export type { CommandClock, Facts, Handler } from './types.ts';

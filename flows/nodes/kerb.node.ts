// flows/nodes: registers all of our nodes.
import { kerbCaseIn, kerbEvent, kerbTelemetry } from './in.node.ts';
import { kerbCaseOut, kerbLine, kerbSnapshot } from './out.node.ts';
import type { Red } from './red.ts';

export default function register(red: Red): void {
  kerbEvent(red);
  kerbCaseIn(red);
  kerbTelemetry(red);
  kerbCaseOut(red);
  kerbLine(red);
  kerbSnapshot(red);
}

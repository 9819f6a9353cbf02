// agent/main: where the uplink's figures and its drain rate survive a restart.
import { z } from 'zod';
import type { UplinkMemory } from '../uplink/index.ts';
import { SmallFile } from './small-file.ts';

const bytes = z.number().min(0).catch(0);
const schema = z.object({
  days: z
    .array(
      z.object({
        day: z.string().max(10),
        bytes: z.object({ alarm: bytes, case: bytes, telemetry: bytes, evidence: bytes, link: bytes }),
      }),
    )
    .max(100),
  drainRate: z.number().positive().nullable(),
});

export function uplinkMemory(file: string): SmallFile<UplinkMemory> {
  return new SmallFile<UplinkMemory>(file, schema);
}

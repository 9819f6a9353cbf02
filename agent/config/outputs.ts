// agent/config: what a technician wires to the box: output lines by name, and the flows that switch them.
import { z } from 'zod';
import { ID_PATTERN } from '../../contract/index.ts';

const id = z.string().regex(ID_PATTERN, 'must be letters, digits, dot, dash or underscore, at most 64');
const words = z.strictObject({ zh: z.string().min(1).max(200), en: z.string().min(1).max(200) });
const port = z.number().int().min(0).max(65535);

export const outputSchema = z.strictObject({
  id: id.describe('short name of the line, as flows call it'),
  name: words,
  gpio: z
    .union([z.number().int().min(0).max(10000), z.literal('fake')])
    .describe("number of the GPIO, as the board's manual counts; fake: a line without hardware, for demos"),
  inverted: z.boolean().default(false).describe('on when its level is 0'),
});
export type OutputLine = z.infer<typeof outputSchema>;

export const outputsSchema = z
  .array(outputSchema)
  .max(16)
  .default([])
  .superRefine((lines, ctx) => {
    lines.forEach((line, i) => {
      if (lines.findIndex((other) => other.id === line.id) < i) {
        ctx.addIssue({ code: 'custom', message: `"${line.id}" stands twice`, path: [i, 'id'] });
      }
    });
  })
  .describe('output lines: off until a flow switches them');

export const flowsSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe('false: nothing listens for flows, and none are run'),
    folder: z.string().min(1).optional().describe('folder of the flows; default $KERBSIDE_HOME/flows'),
    bus_port: port.default(0).describe('of the local broker on 127.0.0.1; 0: the one it had, else any free one'),
    editor_port: port.default(1880).describe('of the editor on 127.0.0.1 while it is open; 0: any free one'),
    memory_mb: z
      .number()
      .int()
      .min(100)
      .max(2048)
      .default(256)
      .describe('resident memory that ends the process of flows'),
    hang_s: z.number().min(1).max(60).default(3).describe('seconds that a flow may block all others'),
    ready: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,39}$/, 'must be a name in flows/ready')
      .optional()
      .describe('the ready flow that is put in place while there is none, e.g. lamp'),
  })
  .optional()
  .describe('flows: what the box sees, wired to what is wired to the box (docs/flows.md)');
export type FlowsRole = NonNullable<z.infer<typeof flowsSchema>>;

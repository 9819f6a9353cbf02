// agent/config: what makes one box: who it is, its roles, its page, its way upstream.
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ID_PATTERN } from '../../contract/index.ts';
import { loadYaml } from './load.ts';
import { flowsSchema, outputsSchema } from './outputs.ts';

const id = z.string().regex(ID_PATTERN, 'must be letters, digits, dot, dash or underscore, at most 64');

export const boxSchema = z.strictObject({
  version: z.literal(1),
  device: id.describe('the name of this box, unique in the city'),
  city: id.default('bozhou').describe('the city, as in the MQTT topics'),
  data: z.string().min(1).optional().describe('folder of all state; default $KERBSIDE_HOME/agent'),
  page: z
    .strictObject({
      host: z.string().min(1).default('127.0.0.1').describe('address the page listens on'),
      port: z.number().int().min(0).max(65535).optional().describe('default 8088, or the next free one'),
    })
    .default({ host: '127.0.0.1' }),
  uplink: z
    .strictObject({
      url: z
        .string()
        .regex(/^mqtts?:\/\//, 'must begin with mqtt:// or mqtts://')
        .describe('the broker, mqtt://user:password@host:port'),
      reconnect_max_s: z
        .number()
        .min(1)
        .max(3600)
        .default(300)
        .describe(
          'longest pause before it is tried again; long in a fleet, so that a broker that returns is not flooded',
        ),
      reconnect_spread_s: z
        .number()
        .min(0)
        .max(3600)
        .default(10)
        .describe(
          'a lost session is opened again at a random moment within this: boxes at the broker / connections a second it bears',
        ),
      keepalive_s: z
        .number()
        .int()
        .min(10)
        .max(3600)
        .default(120)
        .describe('silence after which the link is tested; 120 costs an idle box about 6 MB a month'),
      tls: z
        .strictObject({
          ca: z
            .string()
            .min(1)
            .optional()
            .describe('path of the PEM file with who may have signed the broker; default the public authorities'),
          cert: z.string().min(1).optional().describe("path of the PEM file with this box's own certificate ..."),
          key: z.string().min(1).optional().describe('... and of its key'),
        })
        .refine((tls) => (tls.cert === undefined) === (tls.key === undefined), 'give both cert and key, or neither')
        .optional()
        .describe('of mqtts://; the files are read anew for each connection'),
    })
    .optional()
    .describe('without it everything is kept on the box'),
  camera: z
    .strictObject({
      site: z.string().min(1).describe('path of the site file'),
      source: z.string().min(1).max(1024).optional().describe("replaces the first camera's source"),
      loop: z.boolean().default(false).describe('a file is played again and again at its own speed'),
      workers: z.number().int().min(1).max(8).default(2).describe('inference workers side by side'),
      model: z.string().min(1).optional().describe('path of a model card; default the built-in detector'),
      trial: z
        .enum(['once', 'never'])
        .default('once')
        .describe(
          'once: minutes after its start a box that has not tried finds out by itself what it looks fastest with; never: it looks with what runs everywhere, or what `models bench` chose',
        ),
    })
    .optional()
    .describe('the camera role'),
  vehicle: z
    .strictObject({
      profile: z.string().min(1).describe('path of the terminal profile'),
      gnss: z
        .strictObject({
          port: z.string().min(1).describe('serial port of the receiver, e.g. /dev/ttyS1'),
          baud: z.number().int().min(300).max(4_000_000).default(9600),
        })
        .optional()
        .describe('the GNSS receiver'),
      can: z
        .strictObject({
          interface: z.string().min(1).max(15).optional().describe('a SocketCAN interface, e.g. can0 ...'),
          slcan: z.string().min(1).optional().describe('... or the serial port of an slcan adapter'),
          baud: z.number().int().min(300).max(4_000_000).default(115_200).describe('of that serial port'),
          bit_rate: z.number().int().default(250_000).describe('of the bus: 250000 or 500000 for J1939'),
        })
        .refine((can) => (can.interface === undefined) !== (can.slcan === undefined), 'give either interface or slcan')
        .optional()
        .describe('the vehicle bus; the box only listens'),
      lines: z.enum(['gpio', 'fake']).default('gpio').describe('fake: lines that are moved by hand, for demos'),
      map: z.string().min(1).optional().describe('path of a GeoJSON file with the streets that the page draws'),
    })
    .optional()
    .describe('the vehicle role'),
  outputs: outputsSchema,
  flows: flowsSchema,
  updates: z
    .strictObject({
      url: z
        .string()
        .max(1024)
        .regex(/^https?:\/\//, 'must begin with http:// or https://')
        .describe('the repository that `ota publish` made: metadata/ and targets/ lie below it'),
      root: z
        .string()
        .min(1)
        .describe(
          'path of the root.json that a technician placed: whom this box trusts; looked for again at each poll',
        ),
      poll_s: z.number().min(1).max(86400).default(900).describe('how often the repository is asked, about'),
      jitter_s: z
        .number()
        .min(0)
        .max(3600)
        .default(30)
        .describe('longest wait after a hint from the centre, so that a fleet does not ask at once'),
    })
    .optional()
    .describe('signed updates of models, profiles and the program; without it the box stays as it is'),
});
export type Box = z.infer<typeof boxSchema>;

/** Reads a box file; paths in it are relative to the file. @throws KerbError CONFIG_* */
export async function loadBox(file: string): Promise<Box> {
  const box = await loadYaml(file, boxSchema, 'box');
  const at = (path: string) => resolve(dirname(file), path);
  if (box.data) box.data = at(box.data);
  if (box.flows?.folder) box.flows.folder = at(box.flows.folder);
  if (box.updates) box.updates.root = at(box.updates.root);
  for (const name of ['ca', 'cert', 'key'] as const) {
    const path = box.uplink?.tls?.[name];
    if (path && box.uplink?.tls) box.uplink.tls[name] = at(path);
  }
  if (box.vehicle) {
    box.vehicle.profile = at(box.vehicle.profile);
    if (box.vehicle.map) box.vehicle.map = at(box.vehicle.map);
  }
  if (box.camera) {
    box.camera.site = at(box.camera.site);
    if (box.camera.model) box.camera.model = at(box.camera.model);
    const { source } = box.camera;
    // A picture folder keeps the / at its end: it is what tells it from a video file.
    if (source && !/:\/\/|^usb:/.test(source)) box.camera.source = at(source) + (source.endsWith('/') ? '/' : '');
  }
  return box;
}

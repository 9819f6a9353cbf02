// deploy: what a release is made of. In: the packages as they lie in node_modules and the lockfile. Out: a CycloneDX 1.6
// document and one text with every licence. Never: a random number, a clock, or the address of a registry in them.
// (npm's own `npm sbom` adds a random serial and the time, and refuses a tree without development packages.)
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Part {
  /** where it lies, as the lockfile names it: node_modules/a/node_modules/b */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** SPDX, as its maker declares it; empty where none is declared */
  readonly licence: string;
  /** subresource integrity of its archive, from the lockfile */
  readonly integrity?: string;
  readonly dependencies: readonly string[];
}

/** Every package under `root`/node_modules that is in `keep`, by path. */
export function parts(root: string, keep: (path: string) => boolean): Part[] {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string; integrity?: string }>;
  };
  return Object.keys(lock.packages)
    .filter((path) => path !== '' && keep(path))
    .sort()
    .flatMap((path): Part[] => {
      const made = readJson(join(root, path, 'package.json'));
      if (!made) return [];
      const integrity = lock.packages[path]?.integrity;
      return [
        {
          path,
          name: String(made['name']),
          version: String(made['version']),
          licence: licenceOf(made),
          ...(integrity ? { integrity } : {}),
          dependencies: Object.keys((made['dependencies'] as Record<string, string> | undefined) ?? {}).sort(),
        },
      ];
    });
}

function readJson(file: string): Record<string, unknown> | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return null; // an optional package of another system
  }
}

function licenceOf(made: Record<string, unknown>): string {
  const licence = made['license'] ?? made['licenses'];
  if (typeof licence === 'string') return licence;
  const all = (Array.isArray(licence) ? licence : [licence]) as ({ type?: unknown } | undefined)[];
  return all.flatMap((one) => (typeof one?.type === 'string' ? [one.type] : [])).join(' OR ');
}

export interface Product {
  readonly name: string;
  readonly version: string;
  readonly commit: string;
  /** seconds since 1970 */
  readonly time: number;
  readonly node: string;
  readonly models: readonly { name: string; version: string; licence: string }[];
}

/** The CycloneDX document; its serial number follows from the commit (a name-based UUID, RFC 9562 version 8). */
export function sbom(product: Product, all: readonly Part[]): string {
  const component = (type: string, name: string, version: string, licence: string, more: object = {}) => ({
    type,
    name,
    version,
    ...more,
    ...(licence ? { licenses: [{ expression: licence }] } : {}),
  });
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(`kerbside ${product.commit}`)}`,
    version: 1,
    metadata: {
      timestamp: new Date(product.time * 1000).toISOString(),
      component: component('application', product.name, product.version, 'Apache-2.0', { 'bom-ref': 'kerbside' }),
    },
    components: [
      component('platform', 'node', product.node, 'MIT', { 'bom-ref': 'node' }),
      ...product.models.map((model) =>
        component('machine-learning-model', model.name, model.version, model.licence, {
          'bom-ref': `model/${model.name}`,
        }),
      ),
      ...all.map((part) => {
        const hash = /^sha512-([A-Za-z0-9+/=]+)$/.exec(part.integrity ?? '')?.[1];
        return component('library', part.name, part.version, part.licence, {
          'bom-ref': part.path,
          purl: `pkg:npm/${part.name.replace('@', '%40')}@${part.version}`,
          ...(hash ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }] } : {}),
        });
      }),
    ],
    dependencies: dependencies(all),
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

/** Which part uses which, found as Node finds it: the nearest node_modules upwards. */
function dependencies(all: readonly Part[]): { ref: string; dependsOn: string[] }[] {
  const known = new Set(all.map(({ path }) => path));
  return all.map(({ path, dependencies: wanted }) => ({
    ref: path,
    dependsOn: wanted.flatMap((name) => {
      for (let at = `${path}/`; ; at = at.slice(0, at.lastIndexOf('node_modules/', at.length - 1))) {
        const candidate = `${at}node_modules/${name}`;
        if (known.has(candidate)) return [candidate];
        if (at === '' || !at.includes('node_modules/')) return [];
      }
    }),
  }));
}

function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Every part with its licence and, where it ships one, the licence's text. */
export function licences(root: string, all: readonly Part[]): string {
  return all
    .map(({ path, name, version, licence }) => {
      const texts = readdirSync(join(root, path), { withFileTypes: true })
        .filter((entry) => entry.isFile() && /^(licen[cs]e|copying|notice)/i.test(entry.name))
        .map((entry) => entry.name)
        .sort()
        .map((file) => readFileSync(join(root, path, file), 'utf8').trim());
      return [`==== ${name} ${version}: ${licence || 'see its text'}`, ...texts].join('\n\n');
    })
    .join('\n\n\n')
    .concat('\n');
}

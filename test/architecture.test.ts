// The house's arrows go down: reads every import of the product and refuses those that climb.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Which top-level rooms a room may import from, itself included. */
const MAY: Record<string, readonly string[]> = {
  contract: ['contract'],
  drivers: ['drivers', 'contract'],
  models: ['models', 'contract'],
  agent: ['agent', 'contract', 'drivers', 'models'],
  flows: ['flows', 'contract', 'drivers', 'models'],
  ota: ['ota', 'contract', 'drivers', 'models'],
  centre: ['centre', 'contract', 'drivers', 'models'],
  deploy: ['deploy', 'contract', 'drivers', 'models'],
};

/** Rooms of the agent that every other room of it may use; `main` may use all. */
const SHARED_IN_AGENT = ['config', 'database'];

interface Import {
  from: string;
  to: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(ts|mjs|js)$/.test(entry.name) && !/\.(test|d)\.ts$|^testing|^testvideo|^made\.ts$/.test(entry.name)
      ? [path]
      : [];
  });
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+|new URL\(\s*)'(\.{1,2}\/[^']+)'/g);
  return [...found].map(([, path]) => ({ from: file, to: relative(root, resolve(root, dirname(file), path!)) }));
}

/** What is wrong with an import, or null. */
function fault({ from, to }: Import): string | null {
  if (to === '' || to === 'package.json') return null; // the folder of the checkout, and its version
  const [room, inner] = from.split('/') as [string, string];
  const [target, innerTarget] = to.split('/') as [string, string];
  // the agent's composition root may also name the programs of ota/device and the broker's user table in deploy
  const root = room === 'agent' && inner === 'main';
  if (root && (target === 'deploy' || to.startsWith('ota/device'))) return null;
  // the command line of releases names the program that packs one
  if (from === 'ota/cli.ts' && target === 'deploy') return null;
  if (!MAY[room]!.includes(target)) return `${from} imports ${to}: ${room} may import ${MAY[room]!.join(', ')}`;
  if (
    room === 'agent' &&
    target === 'agent' &&
    !root &&
    inner !== innerTarget &&
    !SHARED_IN_AGENT.includes(innerTarget)
  ) {
    return `${from} imports ${to}: only agent/main imports across the agent's rooms`;
  }
  return null;
}

test('no import climbs, and only agent/main imports across rooms of the agent', (t) => {
  const rooms = Object.keys(MAY).filter((room) => existsSync(join(root, room)));
  const files = rooms.flatMap((room) => sources(room));
  t.true(files.length > 30, 'the product was found');
  t.deepEqual(
    files
      .flatMap(importsOf)
      .map(fault)
      .filter((f) => f !== null),
    [],
  );
});

test('the rule itself refuses what climbs', (t) => {
  t.regex(fault({ from: 'drivers/camera/ffmpeg.ts', to: 'agent/camera/judge.ts' })!, /drivers may import/);
  t.regex(fault({ from: 'centre/intake.ts', to: 'agent/outbox/index.ts' })!, /centre may import/);
  t.regex(fault({ from: 'agent/cases/cases.ts', to: 'agent/camera/types.ts' })!, /only agent\/main/);
  t.is(fault({ from: 'agent/main/agent.ts', to: 'agent/camera/path.ts' }), null);
  t.is(fault({ from: 'agent/camera/path.ts', to: 'models/types.ts' }), null);
});

test('no code of drivers, models or judgement reads the wall clock, chance or the environment', (t) => {
  const judged = [
    'drivers',
    'models',
    'agent/camera',
    'agent/vehicle',
    'agent/cases',
    'agent/config',
    'agent/outbox',
    'agent/uplink',
    'agent/commands',
  ];
  const forbidden = /\bDate\.now\(\)|\bnew Date\(\)|\bMath\.random\(\)|\bprocess\.env\b/;
  const faults = judged.flatMap((room) =>
    sources(room).filter((file) => {
      if (file.startsWith('models/import/main')) return false;
      const code = readFileSync(join(root, file), 'utf8').replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, '');
      return forbidden.test(code);
    }),
  );
  t.deepEqual(faults, []);
});

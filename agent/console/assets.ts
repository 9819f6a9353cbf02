// agent/console: the page's files as the browser gets them. In: the folder page/ and the few libraries it stands on.
// Out: every file with its address, type, bytes (plain and gzip) and ETag, and the HTML that ties them together.
// Never: a file outside that list; an address whose content changes (the build's hash is part of it).
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const squeeze = promisify(gzip);
const PAGE = fileURLToPath(new URL('./page', import.meta.url));
const TYPES: Record<string, string> = {
  '.ts': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** What the page shares with the agent, by the path under which the page's own files import it, and where it lies. */
const SHARED = { '/config/polygon.ts': '../config/polygon.ts' };
/** What the page imports by name, and nothing else. */
const VENDOR = ['preact', 'preact/hooks', 'htm', '@preact/signals', '@preact/signals-core'];

export interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
}

export interface Page {
  /** by the path of their address; made when first asked for: a box that nobody looks at spends nothing on its page */
  readonly assets: ReadonlyMap<string, () => Promise<Asset>>;
  readonly html: Asset;
  /** CSP hash of the inline import map */
  readonly scriptHash: string;
}

async function asset(type: string, text: string): Promise<Asset> {
  const plain = Buffer.from(text);
  const etag = `W/"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  return { type, etag, plain, gzip: await squeeze(plain, { level: 9 }) };
}

function once(make: () => Promise<Asset>): () => Promise<Asset> {
  let made: Promise<Asset> | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

/** TypeScript without its types and without the comments that stand alone on their lines. */
function script(text: string): string {
  return stripTypeScriptTypes(text, { mode: 'strip' })
    .replace(/^[ \t]*\/\/.*$/gm, '')
    .replace(/^[ \t]*\/\*\*[\s\S]*?\*\/[ \t]*$/gm, '')
    .replace(/\n\s*\n+/g, '\n');
}

async function pageFiles(): Promise<Map<string, string>> {
  const names = (await readdir(PAGE)).filter((name) => extname(name) in TYPES && !name.includes('.test.')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(PAGE, name), 'utf8')));
  return new Map(names.map((name, i) => [name, texts[i]!]));
}

async function sharedFiles(): Promise<Map<string, string>> {
  const entries = Object.entries(SHARED).map(async ([name, file]): Promise<[string, string]> => {
    return [name, await readFile(fileURLToPath(new URL(file, import.meta.url)), 'utf8')];
  });
  return new Map(await Promise.all(entries));
}

async function vendorFiles(): Promise<Map<string, string>> {
  const texts = await Promise.all(VENDOR.map((name) => readFile(fileURLToPath(import.meta.resolve(name)), 'utf8')));
  return new Map(VENDOR.map((name, i) => [name, texts[i]!.replace(/^\/\/# sourceMappingURL=.*$/m, '')]));
}

/** Reads the whole page once; what a browser asks for is prepared then, once. */
export async function loadPage(): Promise<Page> {
  const [own, shared, vendor] = await Promise.all([pageFiles(), sharedFiles(), vendorFiles()]);
  const build = createHash('sha256')
    .update(JSON.stringify([[...own], [...shared], [...vendor]]))
    .digest('hex')
    .slice(0, 12);
  const assets = new Map<string, () => Promise<Asset>>();
  for (const [name, text] of own) {
    const made = () => asset(TYPES[extname(name)] ?? 'text/plain', name.endsWith('.ts') ? script(text) : text);
    assets.set(`/page/${build}/${name}`, once(made));
  }
  const imports: Record<string, string> = {};
  for (const [name, text] of shared) {
    const path = `/page/${build}/shared${name}`;
    imports[name] = path;
    assets.set(
      path,
      once(() => asset(TYPES['.ts']!, script(text))),
    );
  }
  for (const [name, text] of vendor) {
    const path = `/vendor/${build}/${name.replace(/^@/, '').replaceAll('/', '-')}.js`;
    imports[name] = path;
    assets.set(
      path,
      once(() => asset('text/javascript; charset=utf-8', text)),
    );
  }
  const map = JSON.stringify({ imports });
  const scriptHash = `sha256-${createHash('sha256').update(map).digest('base64')}`;
  const html = await asset('text/html; charset=utf-8', shell(`/page/${build}`, [...own.keys()], imports, map));
  return { assets, html, scriptHash };
}

function shell(base: string, names: readonly string[], imports: Record<string, string>, map: string): string {
  const styles = names.filter((name) => name.endsWith('.css'));
  const modules = names.filter((name) => name.endsWith('.ts') && name !== 'boot.ts');
  return `<!doctype html>
<html lang="zh-CN" data-theme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<title>Kerbside</title>
<link rel="icon" href="${base}/icon.svg" type="image/svg+xml">
${styles.map((name) => `<link rel="stylesheet" href="${base}/${name}">`).join('\n')}
<script type="importmap">${map}</script>
${[...Object.values(imports), ...modules.map((name) => `${base}/${name}`)]
  .map((path) => `<link rel="modulepreload" href="${path}">`)
  .join('\n')}
<script src="${base}/boot.ts"></script>
<script type="module" src="${base}/main.ts"></script>
</head>
<body>
<div id="app"></div>
<noscript>本页需要 JavaScript。This page needs JavaScript.</noscript>
</body>
</html>
`;
}

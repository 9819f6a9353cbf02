// agent/uplink: the files of a TLS connection -> what it needs. Read anew for each connection, so that a renewed
// certificate counts from the next one. In: paths. Out: their text. May never happen: a key in an error or a log.
import { open } from 'node:fs/promises';
import { KerbError, oneLine } from '../../contract/index.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  /** who may have signed the broker's certificate; without it the authorities that Node knows */
  readonly ca?: string | undefined;
  /** this box's own certificate and its key, where the broker asks for one */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** The same, read. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Largest PEM file: a bundle of all public authorities has about 220 kB. */
const MAX_PEM_BYTES = 1024 * 1024;

/** @throws KerbError UPLINK_TLS */
export async function readTls(files: TlsFiles): Promise<TlsMaterial> {
  const { ca, cert, key } = files;
  return {
    ...(ca === undefined ? {} : { ca: await readPem(ca) }),
    ...(cert === undefined ? {} : { cert: await readPem(cert) }),
    ...(key === undefined ? {} : { key: await readPem(key) }),
  };
}

async function readPem(path: string): Promise<string> {
  const bad = (what: string) => new KerbError('UPLINK_TLS', what, path, 'give a readable PEM file');
  let text: string;
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size > MAX_PEM_BYTES) throw bad(`${size} bytes are no certificate`);
      text = await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof KerbError ? error : bad(oneLine(error));
  }
  if (!text.includes('-----BEGIN ')) throw bad('not PEM');
  return text;
}

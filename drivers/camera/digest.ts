// drivers/camera: HTTP authentication as cameras want it. In: the challenge of a 401, a request, name and password.
// Out: the Authorization header. Pure but for the client nonce that is handed in. RFC 7616 (Digest), RFC 7617 (Basic).
import { createHash } from 'node:crypto';

export interface Login {
  readonly user: string;
  readonly password: string;
  readonly method: string;
  /** path and query of the request */
  readonly uri: string;
  /** a fresh random word */
  readonly cnonce: string;
}

/** The answer to a WWW-Authenticate header; null where none of its ways is known. */
export function authorization(challenge: string, login: Login): string | null {
  const digests = [
    ...challenge.matchAll(/\bDigest\s+((?:[a-z-]+\s*=\s*(?:"[^"]{0,500}"|[^\s,"]{1,200})\s*,?\s*){1,20})/gi),
  ];
  const known = digests.map(([, text]) => parameters(text!)).filter(({ algorithm }) => hashOf(algorithm) !== null);
  // The stronger one first, where a camera offers both.
  known.sort(
    (a, b) => Number(b.algorithm?.startsWith('SHA') ?? false) - Number(a.algorithm?.startsWith('SHA') ?? false),
  );
  if (known[0]) return digest(known[0], login);
  if (!/\bBasic\b/i.test(challenge)) return null;
  return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
}

function parameters(text: string): Record<string, string> {
  const pairs = text.matchAll(/([a-z-]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/gi);
  return Object.fromEntries([...pairs].map(([, name, quoted, bare]) => [name!.toLowerCase(), quoted ?? bare ?? '']));
}

const hashOf = (algorithm = 'MD5') => ({ MD5: 'md5', 'SHA-256': 'sha256' })[algorithm.toUpperCase()] ?? null;

function digest({ realm = '', nonce = '', opaque, algorithm, qop }: Record<string, string>, login: Login): string {
  const hash = (text: string) => createHash(hashOf(algorithm)!).update(text).digest('hex');
  const { user, password, method, uri, cnonce } = login;
  const secret = hash(`${user}:${realm}:${password}`);
  const request = hash(`${method}:${uri}`);
  const withQop = qop?.split(',').some((way) => way.trim() === 'auth') ?? false;
  const response = withQop
    ? hash(`${secret}:${nonce}:00000001:${cnonce}:auth:${request}`)
    : hash(`${secret}:${nonce}:${request}`);
  const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const parts = [
    `username=${quote(user)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    `response="${response}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ...(withQop ? ['qop=auth', 'nc=00000001', `cnonce="${cnonce}"`] : []),
  ];
  return `Digest ${parts.join(', ')}`;
}

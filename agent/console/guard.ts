// agent/console: who may ask, and what each answer forbids the browser. In: request headers. Out: a verdict, headers.
// Never: an answer without these headers; a foreign name (DNS rebinding) reaching a page that was bound to this box alone.
import { isIPv4 } from 'node:net';

/** Whether an address is reachable from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/** The host name of a Host header, without port and brackets, lower case; null where it is none. */
export function hostName(header: string | undefined): string | null {
  const match = /^(?:\[([0-9a-fA-F:.]{2,45})\]|([A-Za-z0-9._-]{1,253}))(?::\d{1,5})?$/.exec(header ?? '');
  return match ? (match[1] ?? match[2] ?? '').toLowerCase() : null;
}

/**
 * Whether a request may be answered. Bound to loopback, only loopback names are: a foreign name that resolves to
 * 127.0.0.1 is DNS rebinding. The port is not compared, so that a tunnel (ssh -L) works.
 */
export function hostAllowed(boundTo: string, header: string | undefined): boolean {
  const name = hostName(header);
  if (name === null) return false;
  return !isLoopback(boundTo) || isLoopback(name);
}

/**
 * Whether a request that changes something comes from this very page or from a script. Browsers mark what another site
 * sends with Origin or Sec-Fetch-Site; a script sends neither.
 */
export function sameOrigin(headers: Record<string, string | string[] | undefined>): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  const origin = headers['origin'];
  if (origin === undefined) return true;
  if (typeof origin !== 'string' || !URL.canParse(origin)) return false;
  return new URL(origin).host === headers['host'];
}

/** Headers of every answer. `scriptHashes` are the CSP hashes of inline scripts (the import map). */
export function securityHeaders(scriptHashes: readonly string[]): Record<string, string> {
  const scripts = ["'self'", ...scriptHashes.map((hash) => `'${hash}'`)].join(' ');
  return {
    'content-security-policy': [
      "default-src 'none'",
      `script-src ${scripts}`,
      "style-src 'self'",
      "img-src 'self'",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  };
}

// agent/uplink: a broker's address as it is given -> what is shown, and what signs in. Pure.
import { KerbError } from '../../contract/index.ts';

export interface BrokerAddress {
  /** without credentials: may be shown and logged */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

const SCHEMES = new Set(['mqtt:', 'mqtts:', 'ws:', 'wss:']);

/** mqtt://user:password@host:port in parts. @throws KerbError BROKER_URL */
export function parseBroker(text: string, where = 'broker'): BrokerAddress {
  const url = URL.parse(text);
  if (!url || !SCHEMES.has(url.protocol) || url.hostname === '') {
    const shown = text.replace(/\/\/.*@/, '//').slice(0, 100);
    throw new KerbError('BROKER_URL', `"${shown}" is no broker address`, where, 'give e.g. mqtt://127.0.0.1:1883');
  }
  const { username, password } = url;
  url.username = '';
  url.password = '';
  return {
    url: url.href.replace(/\/$/, ''),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
  };
}

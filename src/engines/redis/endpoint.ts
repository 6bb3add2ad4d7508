/** Where a server is and as whom we come, out of a URL such as `rediss://user:password@host:6379/2`. */
import { invalidOption } from '../../base/index.ts';
import type { ClientTls } from '../../ports/index.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** Absent: plain TCP. */
  readonly tls: ClientTls | undefined;
  /** As errors and people call it: without what is secret. */
  readonly address: string;
}

const portDefault = 6_379;
const expected = "a URL such as 'redis://localhost:6379' or 'rediss://user:password@redis.example:6380/2'";

/** `tls` is what goes with `rediss:`. Throws `invalid-option`, and shows no password. */
export function parseEndpoint(url: string, tls: ClientTls | undefined): Endpoint {
  const { parts, isSecure } = split(url);
  if (tls !== undefined && !isSecure) {
    throw invalidOption('tls', tls, 'absent for redis:, which is plain; write rediss:');
  }
  const host = parts.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = parts.port === '' ? portDefault : Number(parts.port);
  const [, digits] = /^(?:\/(\d{1,9})?)?$/.exec(parts.pathname) ?? refused(url);
  if (host === '' || port === 0 || parts.search !== '' || parts.hash !== '') refused(url);
  return {
    host,
    port,
    user: parts.username === '' ? undefined : plain(parts.username, url),
    password: parts.password === '' ? undefined : plain(parts.password, url),
    database: digits === undefined ? 0 : Number(digits),
    tls: isSecure ? (tls ?? {}) : undefined,
    address: `${parts.hostname}:${port}`,
  };
}

function split(url: string): { readonly parts: URL; readonly isSecure: boolean } {
  const [, secure] = /^redis(s?):\/\//.exec(url) ?? refused(url);
  if (!URL.canParse(url)) refused(url);
  return { parts: new URL(url), isSecure: secure === 's' };
}

function plain(encoded: string, url: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    // What it says would show what is secret.
    return refused(url);
  }
}

function refused(url: string): never {
  throw invalidOption('url', redacted(url), expected);
}

/** All between the scheme and the last @ may be secret. */
function redacted(url: string): string {
  return url.replace(/^(\w*:?\/*).*@/s, '$1…@');
}

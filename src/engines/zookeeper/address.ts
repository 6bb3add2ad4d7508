/** `zookeeper://user:password@host:port,host:port/chroot`, as ZooKeeper's own clients write it behind the slashes. */
import { invalidOption } from '../../base/index.ts';
import type { Address } from '../../ports/index.ts';
import type { Credentials } from './connection/index.ts';

export interface ZookeeperAddress {
  readonly servers: readonly Address[];
  /** Empty, or a path. */
  readonly chroot: string;
  readonly credentials: Credentials | undefined;
}

const form = /^zookeeper:\/\/(?:([^@/]+)@)?([^@/]+)(\/.*)?$/;
const portDefault = 2_181;

export function parseZookeeperUrl(url: string): ZookeeperAddress {
  const [, user, hosts, chroot = ''] = form.exec(url) ?? [];
  if (hosts === undefined)
    throw invalidOption('url', url, "an address like 'zookeeper://10.0.0.1:2181,10.0.0.2:2181/chroot'");
  const credentials = user === undefined ? undefined : decoded(user);
  return {
    servers: hosts.split(',').map(serverOf),
    chroot,
    credentials: credentials === undefined ? undefined : { scheme: 'digest', credentials },
  };
}

/** `host`, `host:port`, `[::1]:port`. */
function serverOf(text: string): Address {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? portDefault : Number(digits);
  if (host === undefined || port > 65_535 || port === 0)
    throw invalidOption('url', text, 'host:port, such as 127.0.0.1:2181');
  return { host, port };
}

function decoded(user: string): string {
  const expected = 'user:password before the @, with % only as a part of %40 and its kind';
  try {
    const text = decodeURIComponent(user);
    if (text.includes(':')) return text;
  } catch (cause) {
    // The text is not shown: half of it is a password.
    if (!(cause instanceof URIError)) throw cause;
  }
  throw invalidOption('url', 'zookeeper://…@…', expected);
}

/** What `openEtcd` is given, checked once and filled with defaults. */
import { type Duration, durationMs, invalidOption } from '../../base/index.ts';
import type { Address, ClientTls, Clock, Random } from '../../ports/index.ts';

export interface EtcdOptions {
  /** Who this program is, where authentication is enabled; both or neither. */
  readonly user?: string;
  readonly password?: string;
  /** For `etcds:` only: who may sign the members' certificates, and what is shown to members that ask for one. */
  readonly tls?: ClientTls;
  /** Stands before every key. Default `quorate/`; '' shares keys with programs that have a layout of their own. */
  readonly prefix?: string;
  /** How long a call may take, with all its tries. Default 5 s. */
  readonly deadline?: Duration;
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface EtcdSettings {
  readonly endpoints: readonly Address[];
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
  readonly tls: ClientTls | undefined;
  readonly prefix: string;
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly random: Random;
}

const portDefault = 2379;
const urlForms = 'etcd://host:port,host:port, or etcds:// for TLS';

export function etcdSettings(
  url: string,
  options: EtcdOptions,
  machine: { readonly clock: Clock; readonly random: Random },
): EtcdSettings {
  const [, scheme, list] = /^(etcds?):\/\/([^/?#@]+)\/?$/.exec(url) ?? [];
  if (scheme === undefined || list === undefined)
    throw invalidOption('url', url, `an address like ${urlForms}`);
  const { user, password, tls, prefix = 'quorate/', deadline = '5s' } = options;
  if ((user === undefined) !== (password === undefined))
    throw invalidOption('user', user, 'given together with password, or not at all');
  if (tls !== undefined && scheme !== 'etcds')
    throw invalidOption('tls', 'given', 'absent for etcd://; write etcds://… where connections use TLS');
  const deadlineMs = durationMs(deadline, 'deadline');
  if (deadlineMs === 0) throw invalidOption('deadline', deadline, 'longer than 0');
  return {
    endpoints: list.split(',').map((part) => addressOf(url, part)),
    credentials: user === undefined || password === undefined ? undefined : { user, password },
    tls: scheme === 'etcds' ? (tls ?? {}) : undefined,
    prefix,
    deadlineMs,
    clock: options.clock ?? machine.clock,
    random: options.random ?? machine.random,
  };
}

function addressOf(url: string, text: string): Address {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text.trim()) ?? [];
  const host = bracketed ?? plain;
  const number = port === undefined ? portDefault : Number(port);
  if (host === undefined || number < 1 || number > 65_535)
    throw invalidOption('url', url, `an address like ${urlForms}; ${JSON.stringify(text)} is no host:port`);
  return { host, port: number };
}

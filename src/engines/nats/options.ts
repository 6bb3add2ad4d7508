/** What an engine on NATS is opened with, checked and filled once. */
import { type Duration, durationMs, invalidOption, QuorateError } from '../../base/index.ts';
import type { ClientTls, Clock, Network, Random } from '../../ports/index.ts';
import { realClock, realNetwork, realRandom } from '../../ports/real/index.ts';
import { checkDirectory } from '../port/index.ts';
import type { NatsModule } from './nats-module.ts';

export interface NatsOptions {
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** The text of a credentials file, as the tools of NATS write it. */
  readonly credentials?: string;
  /** Default: as the scheme says, `nats:` without and `natss:` with the authorities that the runtime trusts. */
  readonly tls?: ClientTls;
  /** Of the stream that holds everything; made when there is none. Letters, digits, `-` and `_`. Default `QUORATE`. */
  readonly stream?: string;
  /**
   * How many servers keep the stream. Default: what it has, or for a new one 3 on a cluster and 1 elsewhere. A
   * stream that has fewer than what is asked for here is refused.
   */
  readonly copies?: 1 | 3 | 5;
  /**
   * `failover-loss`: recipes that need `survives-failover` run all the same, by the word of the user, who accepts
   * that two may hold a lock behind the loss of a server. Without it they are refused, however many copies there are.
   */
  readonly allow?: 'failover-loss';
  /** Before every key. Default `quorate/`. */
  readonly prefix?: string;
  /** JetStream's domain, where the servers have one. */
  readonly domain?: string;
  /** Of calls that name none. Default 5 s. */
  readonly deadline?: Duration;
  /** How long a watch can go on from a mark across deletions. Default 10 min. */
  readonly retention?: Duration;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly random?: Random;
  readonly network?: Network;
  /** How the package is loaded; for tests. */
  readonly load?: () => Promise<NatsModule>;
}

export interface NatsServer {
  readonly host: string;
  readonly port: number;
}

export interface NatsSettings {
  readonly servers: readonly NatsServer[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  readonly credentials: string | undefined;
  readonly tls: ClientTls | undefined;
  readonly stream: string;
  readonly copies: number | undefined;
  readonly allowsLoss: boolean;
  readonly prefix: string;
  /** What stands before the subjects of JetStream's requests. */
  readonly api: string;
  readonly deadlineMs: number;
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
}

const portDefault = 4222;
const form = /^(nats|natss):\/\/(?:([^@/]*)@)?([^/@]+)\/?$/;
const serverForm = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/;
const wordForm = /^[A-Za-z0-9_-]{1,64}$/;

export function natsSettings(url: string, options: NatsOptions): NatsSettings {
  const [, scheme, login, list] = form.exec(url) ?? [];
  if (scheme === undefined || list === undefined)
    throw invalidOption('url', withoutSecret(url), 'nats://host:port,host:port or natss://…');
  const { stream = 'QUORATE', copies, allow, prefix = 'quorate/', domain } = options;
  if (!wordForm.test(stream)) throw invalidOption('stream', stream, 'up to 64 letters, digits, - and _');
  if (domain !== undefined && !wordForm.test(domain))
    throw invalidOption('domain', domain, 'up to 64 letters, digits, - and _');
  if (copies !== undefined && ![1, 3, 5].includes(copies)) throw invalidOption('copies', copies, '1, 3 or 5');
  if (allow !== undefined && allow !== 'failover-loss')
    throw invalidOption('allow', allow, "'failover-loss', or absent");
  if (prefix !== '') checkDirectory(`${prefix}x`);
  const credentials = loginIn(login);
  return {
    servers: list.split(',').map(serverIn),
    user: options.user ?? credentials.user,
    password: options.password ?? credentials.password,
    token: options.token ?? credentials.token,
    credentials: options.credentials,
    tls: options.tls ?? (scheme === 'natss' ? {} : undefined),
    stream,
    copies,
    allowsLoss: allow === 'failover-loss',
    prefix,
    api: domain === undefined ? '$JS.API' : `$JS.${domain}.API`,
    deadlineMs: durationMs(options.deadline ?? '5s', 'deadline'),
    retentionMs: durationMs(options.retention ?? '10m', 'retention'),
    clock: options.clock ?? realClock(),
    random: options.random ?? realRandom(),
    network: options.network ?? realNetwork(),
  };
}

interface Login {
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
}

/** A name without a password is a token. */
function loginIn(login: string | undefined): Login {
  if (login === undefined) return {};
  const colon = login.indexOf(':');
  if (colon < 0) return { token: decoded(login) };
  return { user: decoded(login.slice(0, colon)), password: decoded(login.slice(colon + 1)) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw badLogin(cause);
  }
}

/** Shows nothing of it. */
function badLogin(cause: unknown): QuorateError<'invalid-option'> {
  const expected = 'user and password with % written as %25';
  return new QuorateError({
    code: 'invalid-option',
    message: `the login in the url cannot be read; it must be ${expected}`,
    data: { option: 'url', value: 'a login', expected },
    cause,
  });
}

function serverIn(text: string): NatsServer {
  const [, host, port] = serverForm.exec(text) ?? [];
  const number = port === undefined ? portDefault : Number(port);
  if (host === undefined || number < 1 || number > 65_535)
    throw invalidOption('url', text, 'a host, and a port from 1 to 65535 behind a colon');
  return { host: host.replaceAll(/[[\]]/g, ''), port: number };
}

function withoutSecret(url: string): string {
  return url.replace(/\/\/[^@]*@/, '//…@');
}

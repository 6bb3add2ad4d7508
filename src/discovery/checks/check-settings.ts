/** Checks after they have been looked at: every option filled in, and what makes no sense refused before anything runs. */
import { type Duration, durationMs, invalidOption } from '../../base/index.ts';
import type { Address, ClientTls } from '../../ports/index.ts';
import type {
  Check,
  CheckBase,
  CommandCheck,
  GrpcCheck,
  HttpCheck,
  OwnCheck,
  PolledCheck,
  StatusRange,
  TcpCheck,
} from './check.ts';
import { type HealthRuleSettings, healthStatuses } from './health-rule.ts';

export interface PollSettings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** A share of the interval. */
  readonly jitter: number;
}

export interface HttpSettings extends PollSettings {
  readonly kind: 'http';
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly passing: readonly StatusRange[];
  readonly warning: readonly StatusRange[];
  readonly body: string | RegExp | undefined;
  readonly bodyBytesMax: number;
}

export interface TcpSettings extends PollSettings {
  readonly kind: 'tcp';
  readonly address: Address;
  readonly tls: ClientTls | undefined;
  readonly send: string | undefined;
  readonly banner: string | undefined;
}

export interface GrpcSettings extends PollSettings {
  readonly kind: 'grpc';
  readonly address: Address;
  readonly tls: ClientTls | undefined;
  readonly service: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface CommandSettings extends PollSettings {
  readonly kind: 'command';
  readonly program: string;
  readonly words: readonly string[];
  readonly directory: string | undefined;
  readonly environment: Readonly<Record<string, string>> | undefined;
  readonly outputBytesMax: number;
}

interface OwnSettings extends PollSettings {
  readonly kind: 'own';
  readonly run: OwnCheck['run'];
}

interface TtlSettings {
  readonly kind: 'ttl';
  readonly ttlMs: number;
}

export type LookSettings =
  | HttpSettings
  | TcpSettings
  | GrpcSettings
  | CommandSettings
  | OwnSettings
  | TtlSettings;

export interface CheckSettings {
  readonly name: string;
  readonly rule: HealthRuleSettings;
  readonly look: LookSettings;
}

const kinds = ['http', 'tcp', 'grpc', 'command', 'ttl', 'own'] as const;
const intervalMsDefault = 10_000;
const timeoutMsDefault = 5_000;
const jitterDefault = 0.1;
const failingDefault = 3;
const outputBytesDefault = 4096;
const bodyBytesDefault = 64 * 1024;
const bytesMost = 1024 * 1024;
const thresholdMost = 1000;

/** `option` names the check in errors, as in `checks[2]`. */
export function checkSettings(check: Check, option: string, name: string): CheckSettings {
  return { name, rule: ruleOf(check, option), look: lookOf(check, option) };
}

/** The kind, whatever the types say: checks may come from a file. */
export function kindOf(check: unknown, option: string): Check['kind'] {
  const kind: unknown =
    typeof check === 'object' && check !== null && 'kind' in check ? check.kind : undefined;
  const known = kinds.find((one) => one === kind);
  if (known === undefined) throw invalidOption(`${option}.kind`, kind, `one of ${kinds.join(', ')}`);
  return known;
}

function ruleOf(check: Check, option: string): HealthRuleSettings {
  const { thresholds = {}, initial = 'critical', grace = 0 }: CheckBase = check;
  const otherwise = check.kind === 'ttl' ? 1 : failingDefault;
  if (!healthStatuses.includes(initial))
    throw invalidOption(`${option}.initial`, initial, `one of ${healthStatuses.join(', ')}`);
  return {
    failing: wholeOf(`${option}.thresholds.failing`, thresholds.failing ?? otherwise, thresholdMost),
    passing: wholeOf(`${option}.thresholds.passing`, thresholds.passing ?? 1, thresholdMost),
    initial,
    graceMs: durationMs(grace, `${option}.grace`),
  };
}

function lookOf(check: Check, option: string): LookSettings {
  switch (check.kind) {
    case 'http':
      return httpSettings(check, option);
    case 'tcp':
      return tcpSettings(check, option);
    case 'grpc':
      return grpcSettings(check, option);
    case 'command':
      return commandSettings(check, option);
    case 'own':
      if (typeof check.run !== 'function') throw invalidOption(`${option}.run`, check.run, 'a function');
      return { kind: 'own', run: check.run, ...pollSettings(check, option) };
    case 'ttl':
      return { kind: 'ttl', ttlMs: lengthMsOf(`${option}.ttl`, check.ttl) };
  }
}

function pollSettings(
  { interval = intervalMsDefault, timeout = timeoutMsDefault, jitter = jitterDefault }: PolledCheck,
  option: string,
): PollSettings {
  if (!(typeof jitter === 'number' && jitter >= 0 && jitter < 1))
    throw invalidOption(`${option}.jitter`, jitter, 'a share of at least 0 and below 1');
  return {
    intervalMs: lengthMsOf(`${option}.interval`, interval),
    timeoutMs: lengthMsOf(`${option}.timeout`, timeout),
    jitter,
  };
}

function httpSettings(check: HttpCheck, option: string): HttpSettings {
  const { url, method = 'GET', headers = {}, passing = [[200, 299]], warning = [[429, 429]], body } = check;
  checkUrl(`${option}.url`, url);
  checkRequest(option, check);
  if (body !== undefined && typeof body !== 'string' && !(body instanceof RegExp))
    throw invalidOption(`${option}.body`, body, 'a text or a regular expression');
  return {
    kind: 'http',
    url,
    method,
    headers,
    passing: rangesOf(`${option}.passing`, passing),
    warning: rangesOf(`${option}.warning`, warning),
    // A copy without the memory of where it matched last.
    body: body instanceof RegExp ? new RegExp(body.source, body.flags.replace(/[gy]/g, '')) : body,
    bodyBytesMax: wholeOf(`${option}.bodyBytesMax`, check.bodyBytesMax ?? bodyBytesDefault, bytesMost),
    ...pollSettings(check, option),
  };
}

function checkUrl(option: string, url: string): void {
  const expected = "an address such as 'http://127.0.0.1:8080/health', without a user or a password";
  if (typeof url !== 'string' || !URL.canParse(url)) throw invalidOption(option, url, expected);
  const { protocol, host, username, password } = new URL(url);
  // Not as it was written: who reads errors need not know the password.
  if (username !== '' || password !== '') throw invalidOption(option, `${protocol}//…@${host}`, expected);
  if (protocol !== 'http:' && protocol !== 'https:') throw invalidOption(option, url, expected);
}

/** Only who makes a request knows what method and headers may be. */
function checkRequest(option: string, { url, method = 'GET', headers = {} }: HttpCheck): Request {
  try {
    return new Request(url, { method, headers: { ...headers } });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw invalidOption(`${option}.method, or its headers,`, method, `what HTTP allows: ${reason}`);
  }
}

function rangesOf(option: string, ranges: readonly StatusRange[]): readonly StatusRange[] {
  const expected = 'a list of pairs of HTTP statuses, such as [[200, 299]]';
  if (!Array.isArray(ranges)) throw invalidOption(option, ranges, expected);
  return ranges.map((range) => {
    const [least, most] = Array.isArray(range) ? range : [];
    const isRange = isStatus(least) && isStatus(most) && least <= most;
    if (!isRange) throw invalidOption(option, range, expected);
    return [least, most];
  });
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599;
}

function tcpSettings(check: TcpCheck, option: string): TcpSettings {
  const { address, tls, send, banner } = check;
  if (banner === '') throw invalidOption(`${option}.banner`, banner, 'a text that is not empty, or nothing');
  return {
    kind: 'tcp',
    address: addressOf(`${option}.address`, address),
    tls,
    send,
    banner,
    ...pollSettings(check, option),
  };
}

function grpcSettings(check: GrpcCheck, option: string): GrpcSettings {
  const { address, tls, service = '', metadata = {} } = check;
  return {
    kind: 'grpc',
    address: addressOf(`${option}.address`, address),
    tls,
    service,
    metadata,
    ...pollSettings(check, option),
  };
}

function commandSettings(check: CommandCheck, option: string): CommandSettings {
  const { program, words = [], directory, environment, outputBytesMax = outputBytesDefault } = check;
  if (typeof program !== 'string' || program === '')
    throw invalidOption(`${option}.program`, program, 'the path or the name of a program');
  if (!Array.isArray(words)) throw invalidOption(`${option}.words`, words, 'a list of words');
  return {
    kind: 'command',
    program,
    words,
    directory,
    environment,
    outputBytesMax: wholeOf(`${option}.outputBytesMax`, outputBytesMax, bytesMost),
    ...pollSettings(check, option),
  };
}

function addressOf(option: string, address: Address): Address {
  const { host, port }: Partial<Address> = address ?? {};
  const isAddress = typeof host === 'string' && host !== '' && Number.isInteger(port);
  if (isAddress && address.port >= 1 && address.port <= 0xffff) return { host, port: address.port };
  throw invalidOption(option, address, 'an address such as { host, port }, its port from 1 to 65535');
}

/** A duration that must not be 0. */
export function lengthMsOf(option: string, value: Duration): number {
  const lengthMs = durationMs(value, option);
  if (lengthMs > 0) return lengthMs;
  throw invalidOption(option, value, 'more than 0 ms');
}

function wholeOf(option: string, value: number, most: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw invalidOption(option, value, `a whole number from 1 to ${most}`);
}

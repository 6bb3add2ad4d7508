/**
 * Checks as data: what is looked at, how often, and what counts. A check says nothing of whom it is for, so that the
 * same one serves a registration, a readiness page or a test.
 */
import type { Duration } from '../../base/index.ts';
import type { Address, ClientTls } from '../../ports/index.ts';
import type { HealthStatus } from './health-rule.ts';

export interface HealthThresholds {
  /** So many bad sights in a row bring the status down. Default 3; of a TTL, that is in its time to live, 1. */
  readonly failing?: number;
  /** So many good ones bring it up again. Default 1. */
  readonly passing?: number;
}

/** What all checks have. */
export interface CheckBase {
  /** Unique among the checks of one service. Default: its kind, with a number behind it from the second on. */
  readonly name?: string;
  readonly thresholds?: HealthThresholds;
  /** What it counts as before anything was seen. Default `critical`: nothing is sent there before it was seen well. */
  readonly initial?: HealthStatus;
  /** So long after the start, and until it was well once, bad sights do not count. Default 0. */
  readonly grace?: Duration;
}

/** What all have that look by themselves. */
export interface PolledCheck extends CheckBase {
  /** From the beginning of one look to that of the next. Default 10 s. */
  readonly interval?: Duration;
  /** A look that takes longer has seen something critical. Default 5 s. */
  readonly timeout?: Duration;
  /** By this share the interval varies at random, in both directions, so that many do not look at once. Default 0.1. */
  readonly jitter?: number;
}

/** From its first status to its last, both included. */
export type StatusRange = readonly [number, number];

/** Asks by HTTP. Redirections are not followed. */
export interface HttpCheck extends PolledCheck {
  readonly kind: 'http';
  readonly url: string;
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that pass. Default from 200 to 299. */
  readonly passing?: readonly StatusRange[];
  /** Statuses that are a warning. Default 429 alone. All others are critical. */
  readonly warning?: readonly StatusRange[];
  /** The body must hold this text, or match this expression, to pass. Default: nobody reads it. */
  readonly body?: string | RegExp;
  /** So much of the body is looked at. Default 64 KiB. */
  readonly bodyBytesMax?: number;
}

/** Connects, with TLS where it is asked for, and may wait for what the server says first. */
export interface TcpCheck extends PolledCheck {
  readonly kind: 'tcp';
  readonly address: Address;
  readonly tls?: ClientTls;
  /** Sent first, where the server waits for something, such as `PING\r\n`. */
  readonly send?: string;
  /** What the server says must hold this text within its first 1024 bytes. Default: it need not say anything. */
  readonly banner?: string;
}

/** Asks by gRPC's own health protocol, `grpc.health.v1.Health/Check`. */
export interface GrpcCheck extends PolledCheck {
  readonly kind: 'grpc';
  readonly address: Address;
  readonly tls?: ClientTls;
  /** The name of one of the server's services. Default '', the server as a whole. */
  readonly service?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Runs a program, without a shell: exit code 0 passes, 1 is a warning, all others are critical. */
export interface CommandCheck extends PolledCheck {
  readonly kind: 'command';
  readonly program: string;
  readonly words?: readonly string[];
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** So much of what it writes is kept for people to read. Default 4096. */
  readonly outputBytesMax?: number;
}

/** Waits to be told: the service itself says that it lives, by `beat`, at least once in its time to live. */
export interface TtlCheck extends CheckBase {
  readonly kind: 'ttl';
  readonly ttl: Duration;
}

/** What a function of one's own may answer; nothing stands for `passing`, and false for `critical`. */
export type OwnVerdict = boolean | HealthStatus | undefined;

/** Calls a function. What it throws is critical, and so is one that does not come back in time. */
export interface OwnCheck extends PolledCheck {
  readonly kind: 'own';
  /** The signal aborts when nobody waits for the answer any more. */
  readonly run: (signal: AbortSignal) => OwnVerdict | Promise<OwnVerdict>;
}

export type Check = HttpCheck | TcpCheck | GrpcCheck | CommandCheck | TtlCheck | OwnCheck;

export type CheckKind = Check['kind'];

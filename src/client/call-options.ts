/** What a client is told of its cluster, and a call of how it may be made. */
import type { Duration } from '../base/index.ts';
import type { Checksum, QuestionKind } from '../net/index.ts';
import type { Address, Clock, Network, Random } from '../ports/index.ts';
import type { Credentials } from './credentials.ts';

export interface ClusterClientOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly endpoints: readonly Address[];
  /** True, the default: nodes that joined later are found too, as the cluster tells. False: only the endpoints are used. */
  readonly follow?: boolean;
  readonly checksum?: Checksum;
  /** Who this client is, where the cluster asks. */
  readonly credentials?: Credentials;
  /** How long a request may take, with all its tries. Default 5 s. */
  readonly timeout?: Duration;
  /** How long a node may take to accept a connection before the next one is asked. Default 1 s. */
  readonly connectTimeout?: Duration;
  /** How long a node may owe an answer and say nothing before the others are asked who leads. Default 200 ms. */
  readonly silence?: Duration;
  /**
   * How long to wait before the second try, half of it random. Default 10 ms. Each further pause is a quarter longer,
   * up to 250 ms; a refusal that names the leader costs no pause.
   */
  readonly retryPause?: Duration;
  /** Requests that may be open at once to one node, and bytes in them. Defaults 16,384 and 64 MiB. */
  readonly requestsMax?: number;
  readonly requestBytesMax?: number;
}

/** Who answered a request, and at which try. */
export interface Answerer {
  readonly address: Address;
  readonly tries: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** How long this request may take, with all its tries. Default: the client's `timeout`. */
  readonly timeoutMs?: number;
  /** Hears, before the answer is there, who gave it. */
  readonly answered?: (by: Answerer) => void;
  /**
   * True: the command may be carried out twice without harm, or carries a number by which it is carried out once;
   * so it is tried again whatever became of it. Default false.
   */
  readonly isRepeatable?: boolean;
}

/** A question, wherever it is asked. */
export interface Call {
  readonly kind: QuestionKind;
  readonly group: number;
  readonly body: Uint8Array;
  /** Who is asked what any node may answer: first the node that tells the watches, or the leader. Default `anywhere`. */
  readonly where?: 'anywhere' | 'where-watched' | 'leader';
}

/** Only whoever leads its group answers it. */
export function isForLeader({ kind }: Call): boolean {
  return kind === 'command' || kind === 'read';
}

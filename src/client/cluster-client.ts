/**
 * Finds the leader among the nodes of a cluster and stays with it. A request that certainly was not applied
 * is tried again, at the next node when this one does not lead; one whose outcome is unknown is not: only
 * its caller knows whether doing it twice harms.
 */
import { type Duration, durationMs, isQuorateError, linkSignals, Prng, QuorateError } from '../base/index.ts';
import type { Checksum, RequestKind } from '../net/index.ts';
import type { Address, Clock, Network, Random } from '../ports/index.ts';
import { Link } from './link.ts';

export interface ClusterClientOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly random: Random;
  readonly endpoints: readonly Address[];
  readonly checksum?: Checksum;
  /** How long a request may take, with all its tries. Default 5 s. */
  readonly timeout?: Duration;
  /** How long to wait before the next try, half of it random. Default 20 ms. */
  readonly retryPause?: Duration;
  /** Requests that may be open at once. Default 16,384. */
  readonly requestsMax?: number;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export class ClusterClient {
  readonly #options: ClusterClientOptions;
  readonly #timeoutMs: number;
  readonly #retryPauseMs: number;
  readonly #prng: Prng;
  readonly #links = new Map<number, Promise<Link>>();
  readonly #closing = new AbortController();
  /** The endpoint that answered last. */
  #preferred = 0;

  constructor(options: ClusterClientOptions) {
    this.#options = options;
    this.#timeoutMs = durationMs(options.timeout ?? 5_000, 'timeout');
    this.#retryPauseMs = durationMs(options.retryPause ?? 20, 'retryPause');
    this.#prng = new Prng(options.random.uint32());
  }

  /** Proposes a command; resolves to the state machine's reply. */
  command(group: number, body: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#call('command', group, body, options);
  }

  /** Asks the state machine; sees everything acknowledged before the call. */
  read(group: number, query: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#call('read', group, query, options);
  }

  /** Asks one node for its status, as it sees it. */
  async status(endpoint: number, options: CallOptions = {}): Promise<Uint8Array> {
    using deadline = this.#deadline(options.signal);
    return await this.#once(endpoint, 'status', 0, new Uint8Array(0), deadline.signal);
  }

  /** Whoever waits is told; may be called twice. */
  async close(): Promise<void> {
    this.#closing.abort(closedError());
    const links = [...this.#links.values()];
    this.#links.clear();
    for (const link of await Promise.allSettled(links)) {
      if (link.status === 'fulfilled') link.value.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #call(kind: RequestKind, group: number, body: Uint8Array, options: CallOptions): Promise<Uint8Array> {
    using deadline = this.#deadline(options.signal);
    const { signal } = deadline;
    while (true) {
      signal.throwIfAborted();
      const endpoint = this.#preferred;
      try {
        return await this.#once(endpoint, kind, group, body, signal);
      } catch (error) {
        // A read changes nothing, so it may be asked again whatever became of it.
        const isSafe =
          isQuorateError(error) && error.retryable && (error.outcome === 'not-applied' || kind !== 'command');
        if (!isSafe) throw error;
        if (this.#preferred === endpoint) this.#preferred = (endpoint + 1) % this.#options.endpoints.length;
        await this.#pause(signal);
      }
    }
  }

  async #once(
    endpoint: number,
    kind: RequestKind,
    group: number,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const link = await untilAborted(this.#link(endpoint), signal);
    return await untilAborted(link.request(kind, group, body), signal);
  }

  #link(endpoint: number): Promise<Link> {
    const known = this.#links.get(endpoint);
    if (known !== undefined) return known;
    const { network, clock, checksum, endpoints, requestsMax = 16_384 } = this.#options;
    const address = endpoints[endpoint] as Address;
    const opening = Link.open({
      network,
      clock,
      address,
      checksum,
      requestsMax,
      signal: this.#closing.signal,
    });
    this.#links.set(endpoint, opening);
    const forget = (): void => {
      if (this.#links.get(endpoint) === opening) this.#links.delete(endpoint);
    };
    opening.then((link) => link.lost.then(forget), forget);
    return opening;
  }

  #deadline(signal: AbortSignal | undefined): Disposable & { readonly signal: AbortSignal } {
    const linked = linkSignals(signal, this.#closing.signal);
    const timer = this.#options.clock.setTimer(this.#timeoutMs, () =>
      linked.abort(timedOut(this.#timeoutMs)),
    );
    return {
      signal: linked.signal,
      [Symbol.dispose]: () => {
        timer.cancel();
        linked[Symbol.dispose]();
      },
    };
  }

  #pause(signal: AbortSignal): Promise<void> {
    const pauseMs = this.#retryPauseMs * (0.5 + this.#prng.float() / 2);
    const { clock } = this.#options;
    let stop: (() => void) | undefined;
    const waited = new Promise<void>((resolve) => {
      const timer = clock.setTimer(pauseMs, resolve);
      stop = () => timer.cancel();
    });
    return untilAborted(waited, signal).finally(() => stop?.());
  }
}

/** The promise's outcome, or the signal's reason when that comes first. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      promise.catch(ignored);
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** For the outcome of what nobody waits for any more. */
function ignored(): undefined {
  return undefined;
}

function timedOut(milliseconds: number): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `no answer within ${milliseconds} ms; a command may or may not have been applied`,
    data: { milliseconds },
  });
}

function closedError(): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: 'the client was closed',
    data: { what: 'client' },
    outcome: 'unknown',
  });
}

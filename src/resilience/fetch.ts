/**
 * `fetch` with policies around it. It goes on to be `fetch`: same arguments, and at the end a `Response` whatever its
 * status, because callers look at it. In between, a status that stands for a failure is one, so that a retry, a
 * breaker and a fallback see it; and what goes wrong says whether the server may have done something, so that an order
 * is not placed twice because a connection was lost.
 */
import { invalidOption, QuorateError } from '../base/index.ts';
import type { CallContext } from './call.ts';
import type { ExecuteOptions } from './execution.ts';
import { state, statedByItself } from './failure.ts';
import { followWhileRead } from './lasting-signal.ts';
import { checkFunction } from './option-checks.ts';
import type { Policy } from './policy.ts';
import type { PolicyKind } from './policy-kind.ts';
import { retryAfterMsOf } from './retry-after.ts';

type Fetch = typeof globalThis.fetch;
type FetchInput = Parameters<Fetch>[0];
type FetchInit = NonNullable<Parameters<Fetch>[1]>;

/** A `fetch`, or what sends in another way: to another place with each try, for one. */
export type Sender = (input: FetchInput, init: FetchInit, call: CallContext) => Promise<Response>;

export interface ResilientFetchOptions {
  /** What sends, and is told of the try that it sends for. Default: that of the runtime. */
  readonly fetch?: Sender;
  /** Statuses that count as failures. Default 408, 425, 429, 500, 502, 503, 504. */
  readonly failureStatuses?: readonly number[];
}

/** What policies are told beside what `fetch` is; `idempotent` is known by the method unless it is said here. */
export type ResilientInit = FetchInit & { readonly call?: Omit<ExecuteOptions, 'signal'> };

export type ResilientFetch<Alternative = never> = (
  input: FetchInput,
  init?: ResilientInit,
) => Promise<Response | Alternative>;

const failureStatusesDefault = [408, 425, 429, 500, 502, 503, 504];
/** Of RFC 9110: they ask for nothing to be done. */
const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
/** Carrying these out twice is meant to do no more than once. */
const repeatableMethods = new Set(['PUT', 'DELETE']);
/** The server says that it has not begun. */
const refusedStatuses = new Set([425, 429]);
/** By `code` of what Node's `fetch` failed with: no connection was made, so nothing was sent. */
const unsentCodes = new Set(['ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);
/** As well, where they come of `connect`: a connection that stood, and whose way was lost, ends with the same codes. */
const unconnectedCodes = new Set(['ECONNREFUSED', 'ENETUNREACH', 'EHOSTUNREACH']);

const responses = new WeakMap<object, Response>();

/** The answer behind an error of code `http-status`, for a predicate or a fallback that wants to look into it. */
export function responseOf(error: unknown): Response | undefined {
  return typeof error === 'object' && error !== null ? responses.get(error) : undefined;
}

export function resilientFetch<Alternative = never>(
  policy: Policy<PolicyKind, Alternative>,
  options: ResilientFetchOptions = {},
): ResilientFetch<Alternative> {
  checkFunction('fetch', options.fetch);
  const failures = statusesOf(options.failureStatuses ?? failureStatusesDefault);
  return async (input, init = {}) => {
    const exchange = new Exchange(input, init, failures, options.fetch ?? plainFetch);
    const { signal } = exchange;
    const given = { idempotent: exchange.isIdempotent, ...init.call, ...(signal && { signal }) };
    try {
      return exchange.readable(await policy.execute((attempt) => exchange.send(attempt), given));
    } catch (error) {
      const response = responseOf(error);
      if (response === undefined || !exchange.hasBrought(response)) throw error;
      return exchange.readable(response);
    } finally {
      exchange.end();
    }
  };
}

/** The runtime's own, whichever that is when it is called. */
function plainFetch(input: FetchInput, init: FetchInit): Promise<Response> {
  return globalThis.fetch(input, init);
}

function statusesOf(statuses: readonly number[]): ReadonlySet<number> {
  const expected = 'a list of statuses from 200 to 599';
  if (!Array.isArray(statuses)) throw invalidOption('failureStatuses', statuses, expected);
  const stranger = statuses.find((status) => !(Number.isInteger(status) && status >= 200 && status <= 599));
  if (stranger !== undefined) throw invalidOption('failureStatuses', stranger, expected);
  return new Set(statuses);
}

/** One request with all its tries. */
class Exchange {
  /** That of the caller: of `init`, or of the request. */
  readonly signal: AbortSignal | undefined;
  readonly #input: FetchInput;
  readonly #init: FetchInit;
  readonly #failures: ReadonlySet<number>;
  readonly #sender: Sender;
  readonly #method: string;
  /** A body that flows is gone with the first try. */
  readonly #isRepeatable: boolean;
  /** Another request may be sent behind this one: for the address that a server answers an order with, for one. */
  readonly #isFollowed: boolean;
  /** All answers of the server, and whether their bodies were given up. */
  readonly #answers = new Map<Response, 'whole' | 'given up'>();
  #isOver = false;

  constructor(
    input: FetchInput,
    { call: _, ...init }: ResilientInit,
    failures: ReadonlySet<number>,
    sender: Sender,
  ) {
    const request = requestIn(input);
    this.signal = (init.signal === undefined ? request?.signal : init.signal) ?? undefined;
    this.#input = input;
    this.#init = init;
    this.#failures = failures;
    this.#sender = sender;
    this.#method = (init.method ?? request?.method ?? 'GET').toUpperCase();
    this.#isRepeatable = !isFlowing(init.body ?? request?.body);
    this.#isFollowed = (init.redirect ?? request?.redirect ?? 'follow') === 'follow';
  }

  get isIdempotent(): boolean {
    if (!this.#isRepeatable) return false;
    return this.#isSafe || repeatableMethods.has(this.#method) || this.#headers().has('idempotency-key');
  }

  get #isSafe(): boolean {
    return safeMethods.has(this.#method);
  }

  hasBrought(response: Response): boolean {
    return this.#answers.has(response);
  }

  /** What the caller is given: an answer whose body was given up, for a try behind it, is told without one. */
  readable<Value>(answer: Value | Response): Value | Response {
    const response = answer as Response;
    if (!this.#answers.has(response)) return answer;
    this.#giveUpOthers(response);
    if (this.#answers.get(response) === 'whole') return answer;
    const { status, statusText, headers } = response;
    return new Response(null, { status, statusText, headers });
  }

  /** Its caller has his answer: what a try brings later that was given up is nobody's. */
  end(): void {
    this.#isOver = true;
  }

  async send(call: CallContext): Promise<Response> {
    this.#giveUpOthers();
    const { signal } = call;
    let response: Response;
    try {
      response = await this.#request(call);
    } catch (error) {
      throw this.#stated(error, signal);
    }
    this.#answers.set(response, 'whole');
    // Where calls share one execution, others may wait for it yet.
    if (this.#isOver && signal.aborted) this.#giveUp(response);
    if (this.#failures.has(response.status)) throw this.#failureOf(response);
    return response;
  }

  /** The call's signal reaches no further than its answer; the caller's own goes on for who reads the body. */
  async #request(call: CallContext): Promise<Response> {
    const { signal } = call;
    const { signal: own } = this;
    if (!own) return this.#sender(this.#input, { ...this.#init, signal }, call);
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const response = await this.#sender(this.#input, { ...this.#init, signal: controller.signal }, call);
      if (response.body !== null && !own.aborted) followWhileRead(own, controller, response.body);
      return response;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The answers of tries beside which another one counts: nobody reads them, and unread they keep their connections. */
  #giveUpOthers(counting?: Response): void {
    for (const response of this.#answers.keys()) {
      if (response !== counting) this.#giveUp(response);
    }
  }

  #giveUp(response: Response): void {
    const { body } = response;
    // A predicate may read it, or have read it.
    if (body === null || body.locked || response.bodyUsed) return;
    this.#answers.set(response, 'given up');
    // It may have failed by itself; nobody waits for it either way.
    body.cancel().catch(() => undefined);
  }

  #headers(): Headers {
    return new Headers(this.#init.headers ?? requestIn(this.#input)?.headers);
  }

  #failureOf(response: Response): QuorateError<'http-status'> {
    const { status } = response;
    const retryAfterMs = retryAfterMsOf(response.headers);
    const error = new QuorateError({
      code: 'http-status',
      message: `${this.#method} was answered with status ${status}; look at what the server says of it`,
      data: { status, method: this.#method, ...(retryAfterMs !== undefined && { retryAfterMs }) },
      retryable: this.#isRepeatable,
      // Behind a redirection it is the answer to a second request; the first one was done.
      outcome:
        refusedStatuses.has(status) && (this.#isSafe || !response.redirected) ? 'not-applied' : 'unknown',
    });
    responses.set(error, response);
    return error;
  }

  /** The error as it is, with what can be said of it beside it. */
  #stated(error: unknown, signal: AbortSignal): unknown {
    // No code tells whether it was the request itself or one that it was redirected to.
    const isUnsent = isUnconnected(error) && (this.#isSafe || !this.#isFollowed);
    state(error, {
      outcome: isUnsent ? 'not-applied' : 'unknown',
      // The reason of an abort tells of whoever gave up.
      ...(signal.reason !== error && statedByItself(error)),
      ...(!this.#isRepeatable && { retryable: false }),
    });
    return error;
  }
}

/** By its form: that of a package beside the runtime is of another class, and its method counts as much. */
function requestIn(input: FetchInput): Request | undefined {
  return typeof input === 'object' && 'method' in input ? input : undefined;
}

/** Read once, it is gone: a stream, or whatever else Node's `fetch` takes piece by piece. */
function isFlowing(body: unknown): boolean {
  return (
    body instanceof ReadableStream ||
    (typeof body === 'object' && body !== null && Symbol.asyncIterator in body)
  );
}

/** By the cause that Node's `fetch` gives with its `TypeError`. */
function isUnconnected(error: unknown): boolean {
  if (!(error instanceof Error) || typeof error.cause !== 'object' || error.cause === null) return false;
  const { code, syscall = 'connect' } = error.cause as {
    readonly code?: unknown;
    readonly syscall?: unknown;
  };
  if (typeof code !== 'string') return false;
  return unsentCodes.has(code) || (unconnectedCodes.has(code) && syscall === 'connect');
}

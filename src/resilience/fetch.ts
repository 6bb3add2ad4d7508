/**
 * `fetch` with policies around it. It goes on to be `fetch`: same arguments, and at the end a `Response` whatever its
 * status, because callers look at it. In between, a status that stands for a failure is one, so that a retry, a
 * breaker and a fallback see it; and what goes wrong says whether the server may have done something, so that an order
 * is not placed twice because a connection was lost.
 */
import { QuorateError } from '../base/index.ts';
import type { CallContext } from './call.ts';
import type { ExecuteOptions } from './execution.ts';
import { type FailureStatement, state } from './failure.ts';
import { followWhileRead } from './lasting-signal.ts';
import type { Policy } from './policy.ts';
import type { PolicyKind } from './policy-kind.ts';

type Fetch = typeof globalThis.fetch;
type FetchInput = Parameters<Fetch>[0];
type FetchInit = NonNullable<Parameters<Fetch>[1]>;

export interface ResilientFetchOptions {
  /** What sends. Default: that of the runtime. */
  readonly fetch?: Fetch;
  /** Statuses that count as failures. Default 408, 425, 429, 500, 502, 503, 504. */
  readonly failureStatuses?: readonly number[];
}

/** What policies are told beside what `fetch` is; `idempotent` is known by the method unless it is said here. */
export type ResilientInit = FetchInit & { readonly call?: Omit<ExecuteOptions, 'signal'> };

export type ResilientFetch<Alternative = never> = (
  input: FetchInput,
  init?: ResilientInit,
) => Promise<Response | Alternative>;

const failureStatuses = [408, 425, 429, 500, 502, 503, 504];
/** Of RFC 9110: carrying them out twice is meant to do no more than once. */
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
/** The server says that it has not begun. */
const refusedStatuses = new Set([425, 429]);
/** By `code` of what Node's `fetch` failed with: no connection was made, so nothing was sent. */
const unsentCodes = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const responses = new WeakMap<object, Response>();

/** The answer behind an error of code `http-status`, for a predicate or a fallback that wants to look into it. */
export function responseOf(error: unknown): Response | undefined {
  return typeof error === 'object' && error !== null ? responses.get(error) : undefined;
}

export function resilientFetch<Alternative = never>(
  policy: Policy<PolicyKind, Alternative>,
  options: ResilientFetchOptions = {},
): ResilientFetch<Alternative> {
  const failures = new Set(options.failureStatuses ?? failureStatuses);
  return async (input, init = {}) => {
    const exchange = new Exchange(input, init, failures, options.fetch ?? globalThis.fetch);
    const { signal, call } = init;
    const given = { idempotent: exchange.isIdempotent, ...call, ...(signal && { signal }) };
    try {
      return await policy.execute((attempt) => exchange.send(attempt), given);
    } catch (error) {
      const response = responseOf(error);
      if (response === undefined || response !== exchange.last) throw error;
      return response;
    }
  };
}

/** One request with all its tries. */
class Exchange {
  readonly #input: FetchInput;
  readonly #init: FetchInit;
  readonly #failures: ReadonlySet<number>;
  readonly #fetch: Fetch;
  readonly #method: string;
  /** A body that flows is gone with the first try. */
  readonly #isRepeatable: boolean;
  last: Response | undefined;

  constructor(
    input: FetchInput,
    { call: _, ...init }: ResilientInit,
    failures: ReadonlySet<number>,
    fetch: Fetch,
  ) {
    const request = input instanceof Request ? input : undefined;
    this.#input = input;
    this.#init = init;
    this.#failures = failures;
    this.#fetch = fetch;
    this.#method = (init.method ?? request?.method ?? 'GET').toUpperCase();
    const body = init.body ?? undefined;
    const flowing = body === undefined ? (request?.body ?? undefined) : body;
    this.#isRepeatable = !(flowing instanceof ReadableStream);
  }

  get isIdempotent(): boolean {
    return idempotentMethods.has(this.#method) || this.#headers().has('idempotency-key');
  }

  async send(call: CallContext): Promise<Response> {
    await this.#discardLast();
    let response: Response;
    try {
      response = await this.#request(call.signal);
    } catch (error) {
      throw this.#stated(error);
    }
    if (!this.#failures.has(response.status)) return response;
    this.last = response;
    throw this.#failureOf(response);
  }

  /** The call's signal reaches no further than its answer; the caller's own goes on for who reads the body. */
  async #request(signal: AbortSignal): Promise<Response> {
    const { signal: own } = this.#init;
    if (!own) return this.#fetch(this.#input, { ...this.#init, signal });
    const controller = new AbortController();
    const abort = (): void => controller.abort(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    try {
      const response = await this.#fetch(this.#input, { ...this.#init, signal: controller.signal });
      if (response.body !== null && !own.aborted) followWhileRead(own, controller, response.body);
      return response;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The answer of a try that another one follows: nobody reads it, and unread it keeps its connection. */
  async #discardLast(): Promise<void> {
    const { last } = this;
    this.last = undefined;
    await last?.body?.cancel();
  }

  #headers(): Headers {
    return new Headers(
      this.#init.headers ?? (this.#input instanceof Request ? this.#input.headers : undefined),
    );
  }

  #failureOf(response: Response): QuorateError<'http-status'> {
    const { status } = response;
    const retryAfterMs = waitOf(response.headers.get('retry-after'));
    const error = new QuorateError({
      code: 'http-status',
      message: `${this.#method} was answered with status ${status}; look at what the server says of it`,
      data: { status, method: this.#method, ...(retryAfterMs !== undefined && { retryAfterMs }) },
      retryable: this.#isRepeatable,
      outcome: refusedStatuses.has(status) ? 'not-applied' : 'unknown',
    });
    responses.set(error, response);
    return error;
  }

  /** The error as it is, with what can be said of it beside it. */
  #stated(error: unknown): unknown {
    const isUnsent = unsentCodes.has(codeOf(error) ?? '');
    const statement: FailureStatement = {
      outcome: isUnsent ? 'not-applied' : 'unknown',
      ...(!this.#isRepeatable && { retryable: false }),
    };
    state(error, statement);
    return error;
  }
}

/** Of the cause that Node's `fetch` gives with its `TypeError`. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || typeof error.cause !== 'object' || error.cause === null) return undefined;
  const { code } = error.cause as { readonly code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

/** In seconds; the other form, a date, is by a clock that is not ours, and is left alone. */
function waitOf(header: string | null): number | undefined {
  return header !== null && /^\s*\d{1,9}\s*$/.test(header) ? Number(header) * 1000 : undefined;
}

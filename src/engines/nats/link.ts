/**
 * The connection to the servers, and one question after another over it. The package below keeps it up and finds
 * another server when one is lost; what it does not tell is whether a question that was under way was heard. So a
 * question is sent only while connected, given up at once when the connection is lost, and asked again by whoever
 * may: everything here is asked in such a way that it may be asked twice.
 */
import { isQuorateError, QuorateError, untilAborted } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import { asProtocolError, jetStreamMissing } from './answers.ts';
import type { Call } from './call.ts';
import type { NatsConnection, NatsHeaders, NatsMessage, NatsModule, NatsServerInfo } from './nats-module.ts';

/** After so long without an answer the question is asked again, of whoever leads then. */
const attemptMsMax = 1_000;
/** Between questions that nobody was there to answer. */
const againMs = 100;

export interface Question {
  readonly subject: string;
  readonly payload: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Changes something, so from now on nobody knows what happened until there is an answer. */
  readonly isWrite: boolean;
  /** Default: a second. */
  readonly waitMs?: number;
}

export interface LinkInit {
  readonly module: NatsModule;
  readonly connection: NatsConnection;
  readonly clock: Clock;
  /** The servers as they were given, for errors. */
  readonly address: string;
  /** The connection is over for good and was not closed by us. */
  readonly onEnd: (error: QuorateError) => void;
}

export class Link {
  readonly address: string;
  readonly clock: Clock;
  readonly #module: NatsModule;
  readonly #connection: NatsConnection;
  readonly #onEnd: (error: QuorateError) => void;
  readonly #listeners = new Set<(isUp: boolean) => void>();
  /** Aborts when the connection is lost; another one takes its place when there is a new one. */
  #up = new AbortController();
  #back: PromiseWithResolvers<void> | undefined;
  #isClosed = false;
  readonly #following: Promise<void>;

  constructor({ module, connection, clock, address, onEnd }: LinkInit) {
    this.#module = module;
    this.#connection = connection;
    this.clock = clock;
    this.address = address;
    this.#onEnd = onEnd;
    this.#following = this.#follow();
  }

  get isUp(): boolean {
    return !this.#up.signal.aborted;
  }

  get info(): NatsServerInfo | undefined {
    return this.#connection.info;
  }

  /** Hears of each loss and of each new connection, until the function that it returns is called. */
  subscribeToState(listener: (isUp: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  subscribe(
    subject: string,
    callback: (error: Error | null, message: NatsMessage) => void,
  ): { unsubscribe(): void } {
    return this.#connection.subscribe(subject, { callback });
  }

  /** Asks until `read` has made something of an answer; undefined from it means that a moment later may be better. */
  async ask<T>(question: Question, call: Call, read: (bytes: Uint8Array) => T | undefined): Promise<T> {
    while (true) {
      const answer = await this.askOnce(question, call, read);
      if (answer !== undefined) return answer;
      await call.pause(againMs);
    }
  }

  /** The same for what must not be asked twice; undefined when there was no answer. */
  async askOnce<T>(
    question: Question,
    call: Call,
    read: (bytes: Uint8Array) => T | undefined,
  ): Promise<T | undefined> {
    const message = await this.attempt(question, call);
    return message === undefined ? undefined : this.#read(read, message);
  }

  /** One question to its answer; undefined when there was none, of which nobody knows what became. */
  async attempt(question: Question, call: Call): Promise<NatsMessage | undefined> {
    await this.#connected(call);
    call.signal.throwIfAborted();
    const up = this.#up.signal;
    const before = call.mayHaveHappened;
    call.mayHaveHappened ||= question.isWrite;
    try {
      return await call.wait(untilAborted(this.#request(question), up));
    } catch (error) {
      if (call.signal.aborted) throw error;
      const refusal = this.#refusalOf(error);
      if (refusal !== undefined || isNobody(error)) call.mayHaveHappened = before;
      if (refusal !== undefined) throw refusal;
      if (isNobody(error) && this.info?.jetstream !== true && this.isUp)
        throw jetStreamMissing(this.address, 'nobody answers for it');
      return undefined;
    }
  }

  /** May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#up.abort();
    await this.#connection.close();
    await this.#following;
  }

  #request({ subject, payload, headers, waitMs = attemptMsMax }: Question): Promise<NatsMessage> {
    let written: NatsHeaders | undefined;
    if (headers !== undefined) {
      written = this.#module.headers();
      for (const [name, value] of Object.entries(headers)) written.set(name, value);
    }
    return this.#connection.request(subject, payload, {
      timeout: waitMs,
      ...(written === undefined ? {} : { headers: written }),
    });
  }

  #read<T>(read: (bytes: Uint8Array) => T, message: NatsMessage): T {
    try {
      return read(message.data);
    } catch (error) {
      throw asProtocolError(error, this.address);
    }
  }

  async #connected(call: Call): Promise<void> {
    if (this.isUp) return;
    this.#back ??= Promise.withResolvers();
    await call.wait(this.#back.promise);
  }

  /** The servers' refusal of a question; undefined for what is a loss or a silence. */
  #refusalOf(error: unknown): QuorateError | undefined {
    const cause = (error as { readonly cause?: unknown }).cause ?? error;
    return isQuorateError(cause) ? cause : rightsError(cause, this.address);
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === 'disconnect') this.#loseIt();
      if (type === 'reconnect') this.#welcome();
    }
    const cause = await this.#connection.closed();
    this.#up.abort();
    if (this.#isClosed) return;
    const error =
      rightsError(cause, this.address) ??
      new QuorateError({
        code: 'engine-unreachable',
        message: `the connection to NATS at ${this.address} has ended for good: ${String(cause)}; open the engine anew`,
        data: { engine: 'nats', address: this.address },
        ...(cause === undefined ? {} : { cause }),
      });
    this.#onEnd(error);
  }

  #welcome(): void {
    if (this.#isClosed) return;
    this.#up = new AbortController();
    this.#back?.resolve();
    this.#back = undefined;
    for (const listener of [...this.#listeners]) listener(true);
  }

  #loseIt(): void {
    if (!this.isUp) return;
    this.#up.abort();
    for (const listener of [...this.#listeners]) listener(false);
  }
}

function isNobody(error: unknown): boolean {
  const { cause, name } = error as { readonly cause?: { readonly name?: string }; readonly name?: string };
  return name === 'NoResponders' || cause?.name === 'NoResponders' || cause?.name === 'NoRespondersError';
}

/** Undefined when it is not about rights. */
export function rightsError(
  cause: unknown,
  address: string,
): QuorateError<'engine-unauthenticated'> | undefined {
  if (!(cause instanceof Error)) return undefined;
  if (!/^(Authorization|UserAuthenticationExpired|PermissionViolation)/.test(cause.name)) return undefined;
  return new QuorateError({
    code: 'engine-unauthenticated',
    message: `NATS at ${address} refuses us: ${cause.message}; give user and password, a token or credentials that have the rights`,
    data: { engine: 'nats', address },
    cause,
  });
}

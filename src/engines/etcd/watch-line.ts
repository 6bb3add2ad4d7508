/**
 * One stream of etcd for all watches of an engine. It is taken up again on the next member when it is lost, and each
 * watch goes on from the revision that it wants to hear of next. The ids are ours, so that answers need no matching.
 */
import { isQuorateError, type QuorateError } from '../../base/index.ts';
import { pauseBetweenTries } from '../port/index.ts';
import { decodeWatchAnswer, type WatchAnswer } from './answers.ts';
import { CallFailure, type Channel, type StreamCall } from './http2/index.ts';
import type { Members } from './members.ts';
import type { EtcdSettings } from './options.ts';
import { judge, notUnderstood } from './refusals.ts';
import { encodeWatch, encodeWatchCancel, paths } from './requests.ts';

export interface Listener {
  readonly key: Uint8Array;
  readonly end: Uint8Array | undefined;
  /** The first revision that it has not heard of. */
  readonly next: number;
  /** It was asked for on a new stream; what was told in part will be told again. */
  begun(): void;
  answered(answer: WatchAnswer): void;
  /** What it wants to hear of next is not kept any more. It is off the line. */
  compacted(): void;
  /** Trying again would not mend it. It is off the line. */
  failed(error: QuorateError): void;
}

/** A stream that ends for other reasons is opened again. */
const lastingCodes: ReadonlySet<string> = new Set(['engine-unauthenticated', 'engine-protocol']);
const what = 'a watch';
const grpcUnavailable = 14;

export class WatchLine {
  readonly #members: Members;
  readonly #settings: EtcdSettings;
  readonly #listeners = new Map<number, Listener>();
  /** Asked for on this stream and not confirmed, in the order in which they were asked for. */
  readonly #unconfirmed = new Set<number>();
  #lastId = 0;
  #stream: StreamCall | undefined;
  #isOpening = false;
  #failures = 0;

  constructor(members: Members, settings: EtcdSettings) {
    this.#members = members;
    this.#settings = settings;
    members.onEnd((reason) => this.#fail(reason));
  }

  /** Returns what takes it off again. */
  add(listener: Listener): () => void {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#listeners.set(id, listener);
    if (this.#stream !== undefined) this.#ask(this.#stream, id, listener);
    else void this.#open();
    return () => this.#remove(id);
  }

  #remove(id: number): void {
    if (this.#listeners.delete(id)) this.#stream?.send(encodeWatchCancel(id));
  }

  #ask(stream: StreamCall, id: number, { key, end, next }: Listener): void {
    this.#unconfirmed.add(id);
    stream.send(encodeWatch({ id, key, start: next, ...(end === undefined ? {} : { end }) }));
  }

  async #open(): Promise<void> {
    if (this.#isOpening) return;
    this.#isOpening = true;
    try {
      while (this.#listeners.size > 0 && this.#stream === undefined) {
        const { clock, random } = this.#settings;
        const { over } = this.#members;
        if (this.#failures > 0)
          await pauseBetweenTries({ clock, random, before: this.#failures, signal: over });
        const channel = await this.#members.channel(what, {});
        this.#start(channel);
      }
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      this.#fail(error);
    } finally {
      this.#isOpening = false;
    }
  }

  #start(channel: Channel): void {
    let stream: StreamCall;
    try {
      stream = channel.stream(paths.watch, {
        message: (bytes) => this.#onMessage(channel, bytes),
        ended: (failure) => this.#onEnded(channel, failure),
      });
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      // It was lost in this very moment; the next one is found behind a pause.
      this.#failures += 1;
      return;
    }
    this.#stream = stream;
    this.#unconfirmed.clear();
    for (const [id, listener] of this.#listeners) {
      listener.begun();
      this.#ask(stream, id, listener);
    }
  }

  #onMessage(channel: Channel, bytes: Uint8Array): void {
    let answer: WatchAnswer;
    try {
      answer = decodeWatchAnswer(bytes);
      this.#members.history.member(answer.header);
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      this.#members.check(error);
      this.#members.distrust(channel, notUnderstood(what, this.#members.addresses, error).message);
      return;
    }
    const isUnseen = answer.id < 0 && answer.isCanceled;
    const id = isUnseen ? this.#firstUnconfirmed() : answer.id;
    if (answer.isCreated || isUnseen) this.#unconfirmed.delete(id);
    const listener = this.#listeners.get(id);
    if (listener === undefined) return;
    if (answer.isCanceled) this.#onCanceled(channel, id, listener, answer);
    else {
      this.#failures = 0;
      listener.answered(answer);
    }
  }

  /** etcd refuses some before it has looked at their id. */
  #firstUnconfirmed(): number {
    for (const id of this.#unconfirmed) return id;
    return 0;
  }

  #onCanceled(channel: Channel, id: number, listener: Listener, { compacted, reason }: WatchAnswer): void {
    this.#listeners.delete(id);
    if (compacted > 0 || reason.includes('has been compacted')) {
      listener.compacted();
      return;
    }
    if (reason.includes('permission denied')) {
      listener.failed(judge(statusFailure(reason), what, channel.address).error);
      return;
    }
    // For reasons of the member's own, or because the token is not taken any more: all begin anew, with another.
    this.#listeners.set(id, listener);
    this.#stream?.cancel();
    this.#onEnded(channel, statusFailure(reason));
  }

  #onEnded(channel: Channel, failure: CallFailure | undefined): void {
    this.#stream = undefined;
    this.#failures += 1;
    const verdict = failure === undefined ? undefined : judge(failure, what, channel.address);
    if (verdict?.next === 'login') void this.#reopenWithLogin(channel);
    else if (verdict !== undefined && lastingCodes.has(verdict.error.code)) this.#fail(verdict.error);
    else {
      if (verdict?.isUnsent === true)
        this.#members.distrust(channel, `it refuses watches: ${failure?.message}`);
      void this.#open();
    }
  }

  async #reopenWithLogin(channel: Channel): Promise<void> {
    try {
      await this.#members.login(channel);
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      if (!error.retryable) {
        this.#fail(error);
        return;
      }
    }
    await this.#open();
  }

  #fail(error: QuorateError): void {
    const listeners = [...this.#listeners.values()];
    this.#listeners.clear();
    for (const listener of listeners) listener.failed(error);
  }
}

/** A watch is refused with a text alone. */
function statusFailure(message: string): CallFailure {
  return new CallFailure({ kind: 'status', message, isUnsent: false, status: grpcUnavailable });
}

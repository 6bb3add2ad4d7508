/**
 * Writes down what the clients of a running system see. It lives in the process that drives the workload, and
 * its one list gives all events one order: an operation that ended before another began stands before it. A
 * client keeps its process number until an outcome is unknown; then it goes on under a fresh one, because its
 * old self may still be acting.
 */
import { assert, isQuorateError } from '../../base/index.ts';
import type { HistoryFunction, HistoryKey, HistoryValue } from './event.ts';
import { HistoryBuilder } from './history-builder.ts';
import type { History } from './operation.ts';

export interface RecorderOptions {
  /** Monotonic milliseconds with fractions, as `Clock.now` gives them. */
  readonly now: () => number;
}

export interface HistoryRequest {
  readonly f: HistoryFunction;
  /** Absent for `txn` only. */
  readonly key?: HistoryKey;
  /** The argument; absent for reads and acquires. */
  readonly value?: HistoryValue;
}

export interface HistoryAnswer {
  readonly value?: HistoryValue;
  readonly revision?: number;
}

/** One operation under way. Exactly one of the three ends it. */
export interface RecordedOperation {
  /** It was done. */
  ok(answer?: HistoryAnswer): void;
  /** It was certainly not done. */
  fail(): void;
  /** Nobody can know whether it was or will be done. */
  info(): void;
}

export class HistoryRecorder {
  readonly #builder = new HistoryBuilder();
  readonly #now: () => number;
  readonly #start: number;
  #nextProcess = 0;

  constructor(options: RecorderOptions) {
    this.#now = options.now;
    this.#start = options.now();
  }

  /** Events so far. */
  get size(): number {
    return this.#builder.size;
  }

  /** A sequential client with a process number of its own. */
  client(): HistoryClient {
    return new HistoryClient({
      add: (event) => this.#builder.add({ ...event, time: this.#time() }),
      nextProcess: () => this.#nextProcess++,
    });
  }

  /** What was seen so far; operations under way count as unknown. */
  history(): History {
    return this.#builder.history();
  }

  #time(): number {
    return Math.round((this.#now() - this.#start) * 1e6);
  }
}

/** What a client needs of its recorder. */
interface Sink {
  add(event: Omit<Parameters<HistoryBuilder['add']>[0], 'time'>): void;
  nextProcess(): number;
}

export class HistoryClient {
  readonly #sink: Sink;
  #process: number | undefined;
  #busy = false;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** Notes that an operation begins; call it before the request leaves. */
  invoke({ f, key = undefined, value = null }: HistoryRequest): RecordedOperation {
    assert(!this.#busy, `a client begins a ${f} while its last operation is under way`);
    this.#process ??= this.#sink.nextProcess();
    const common = { process: this.#process, f, key: key ?? null };
    this.#sink.add({ ...common, type: 'invoke', value });
    this.#busy = true;
    const end = (type: 'ok' | 'fail' | 'info', answer: HistoryAnswer): void => {
      assert(
        this.#busy && this.#process === common.process,
        `a ${f} of process ${common.process} ended twice`,
      );
      const { value: answered = null, revision } = answer;
      this.#sink.add({ ...common, type, value: answered, ...(revision === undefined ? {} : { revision }) });
      this.#busy = false;
      if (type === 'info') this.#process = undefined;
    };
    return {
      ok: (answer = {}) => end('ok', answer),
      fail: () => end('fail', {}),
      info: () => end('info', {}),
    };
  }

  /**
   * Records one call: its answer, or its error by what the error says of the outcome. An error that is not a
   * `QuorateError` proves nothing, so it counts as unknown. The call's error is thrown again.
   */
  async attempt<Answer extends HistoryAnswer>(
    request: HistoryRequest,
    call: () => Promise<Answer>,
  ): Promise<Answer> {
    const operation = this.invoke(request);
    let answer: Answer;
    try {
      answer = await call();
    } catch (error) {
      if (isQuorateError(error) && error.outcome === 'not-applied') operation.fail();
      else operation.info();
      throw error;
    }
    operation.ok(answer);
    return answer;
  }
}

/**
 * Takes events one by one, holds each to the rules of a history, and pairs them into operations. The parser
 * and the recorder both end here, so that what a run records and what a file says obey the same rules.
 */
import { assert, type HistoryFault, type QuorateError } from '../../base/index.ts';
import { eventTypes, type HistoryEvent, historyFunctions } from './event.ts';
import { malformedHistory, showValue } from './history-fault.ts';
import type { History, Operation, OperationOutcome } from './operation.ts';
import { isHistoryKey, sameValue, valueShapes } from './value-shape.ts';

/** An operation under way: its invoke, and the place that waits for it. */
interface Pending {
  readonly event: HistoryEvent;
  readonly invokeAt: number;
  readonly index: number;
}

const outcomes: Readonly<Record<string, OperationOutcome>> = {
  ok: 'applied',
  fail: 'not-applied',
  info: 'unknown',
};

export class HistoryBuilder {
  readonly #events: HistoryEvent[] = [];
  /** A place is empty while its operation is under way. */
  readonly #operations: (Operation | undefined)[] = [];
  readonly #pending = new Map<number, Pending>();
  readonly #ended = new Set<number>();
  #lastTime = 0;

  get size(): number {
    return this.#events.length;
  }

  /** Takes the next event, or throws `malformed-history` with its line and changes nothing. */
  add(event: HistoryEvent): void {
    this.#checkFields(event);
    if (event.type === 'invoke') this.#invoke(event);
    else this.#complete(event);
    this.#lastTime = event.time;
    this.#events.push(event);
  }

  /** The history so far. What is still under way counts as unknown: it may take effect later. */
  history(): History {
    const operations = this.#operations.slice();
    for (const pending of this.#pending.values()) operations[pending.index] = unfinished(pending);
    return { events: this.#events.slice(), operations: operations as Operation[] };
  }

  #invoke(event: HistoryEvent): void {
    const { process } = event;
    if (this.#pending.has(process))
      throw this.#fault(
        'duplicate-invoke',
        `process ${process} invokes while its last operation is under way`,
      );
    if (this.#ended.has(process))
      throw this.#fault('process-reused', `process ${process} acts again after an unknown outcome`);
    const shape = valueShapes[event.f];
    if (!shape.invoke(event.value))
      throw this.#fault(
        'bad-value',
        `value of an invoked ${event.f} is ${shape.invokeIs}, not ${showValue(event.value)}`,
      );
    this.#pending.set(process, { event, invokeAt: this.size, index: this.#operations.length });
    this.#operations.push(undefined);
  }

  #complete(event: HistoryEvent): void {
    const pending = this.#pending.get(event.process);
    if (pending === undefined)
      throw this.#fault(
        'completion-without-invoke',
        `process ${event.process} completes a ${event.f} that it has not invoked`,
      );
    const asked = pending.event;
    if (event.f !== asked.f || event.key !== asked.key)
      throw this.#fault(
        'completion-mismatch',
        `process ${event.process} completes ${event.f} ${showValue(event.key)}, but invoked ${asked.f} ${showValue(asked.key)}`,
      );
    this.#checkAnswer(event, asked);
    this.#pending.delete(event.process);
    if (event.type === 'info') this.#ended.add(event.process);
    this.#operations[pending.index] =
      event.type === 'info' ? unfinished(pending) : this.#paired(pending, event);
  }

  #checkAnswer(event: HistoryEvent, asked: HistoryEvent): void {
    const shape = valueShapes[event.f];
    const fits =
      event.type === 'ok'
        ? shape.ok(event.value, asked.value)
        : event.value === null || sameValue(event.value, asked.value);
    if (fits) return;
    const expected = event.type === 'ok' ? shape.okIs : 'null or the argument again';
    throw this.#fault(
      'bad-value',
      `value of a ${event.f} that ended ${event.type} is ${expected}, not ${showValue(event.value)}`,
    );
  }

  #checkFields(event: HistoryEvent): void {
    const { process, type, f, key, time, revision } = event;
    if (!Number.isSafeInteger(process) || process < 0)
      throw this.#fault('bad-process', `process is a whole number of at least 0, not ${showValue(process)}`);
    if (!eventTypes.includes(type))
      throw this.#fault('bad-type', `type is one of ${eventTypes.join(', ')}, not ${showValue(type)}`);
    if (!historyFunctions.includes(f))
      throw this.#fault('bad-function', `f is one of ${historyFunctions.join(', ')}, not ${showValue(f)}`);
    if (f === 'txn' ? key !== null : !isHistoryKey(key))
      throw this.#fault(
        'bad-key',
        `key of a ${f} is ${f === 'txn' ? 'absent' : 'a text or a whole number'}, not ${showValue(key)}`,
      );
    if (!Number.isSafeInteger(time) || time < 0)
      throw this.#fault('bad-time', `time is a whole number of nanoseconds, not ${showValue(time)}`);
    if (time < this.#lastTime)
      throw this.#fault(
        'time-went-back',
        `time ${time} is before ${this.#lastTime}, the time of the line above`,
      );
    if (revision === undefined) return;
    if (type !== 'ok' || !Number.isSafeInteger(revision) || revision < 0)
      throw this.#fault(
        'bad-revision',
        `revision is a whole number on an ok, not ${showValue(revision)} on ${type}`,
      );
  }

  #paired({ event, invokeAt, index }: Pending, completion: HistoryEvent): Operation {
    const outcome = outcomes[completion.type];
    assert(outcome !== undefined, `a completion of type ${completion.type}`);
    return {
      index,
      process: event.process,
      f: event.f,
      key: event.key,
      input: event.value,
      output: outcome === 'applied' ? valueShapes[event.f].output(completion.value) : null,
      outcome,
      invokeTime: event.time,
      completeTime: completion.time,
      invokeAt,
      completeAt: this.size,
      revision: completion.revision,
    };
  }

  #fault(fault: HistoryFault, problem: string): QuorateError {
    return malformedHistory(this.size + 1, fault, problem);
  }
}

function unfinished({ event, invokeAt, index }: Pending): Operation {
  return {
    index,
    process: event.process,
    f: event.f,
    key: event.key,
    input: event.value,
    output: null,
    outcome: 'unknown',
    invokeTime: event.time,
    completeTime: Number.POSITIVE_INFINITY,
    invokeAt,
    completeAt: Number.POSITIVE_INFINITY,
    revision: undefined,
  };
}

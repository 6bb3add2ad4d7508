/**
 * Who waits until a rate allows it: for each key a line in the order of coming, and one timer for all of them, set for
 * the line whose turn comes first. It is there only while somebody waits, so an idle limit keeps no process alive.
 */
import { Heap } from '../base/index.ts';
import type { Clock, Timer } from '../ports/index.ts';
import type { AbortWatcher, Call } from './call.ts';
import { Line, type LinePlace } from './line.ts';
import { overdue } from './overdue.ts';
import type { RateRule, RateState } from './rate-rule.ts';

interface Waiter extends AbortWatcher, LinePlace<Waiter> {
  readonly call: Call;
  readonly keyLine: KeyLine;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

interface KeyLine {
  readonly key: string | undefined;
  /** Held while anybody waits, although the key may be forgotten elsewhere by then. */
  readonly state: RateState;
  readonly line: Line<Waiter>;
  /** When its first one may begin. */
  dueMs: number;
}

/** So many lines that have ended are left to be found when they fall due; beyond it, and beyond half, all are removed. */
const endedMin = 16;

export class RateQueue {
  readonly #clock: Clock;
  readonly #name: string;
  readonly #lines = new Map<string | undefined, KeyLine>();
  #rule: RateRule;
  #byTime = newHeap();
  #size = 0;
  #timer: { readonly set: Timer; readonly dueMs: number } | undefined;

  /** `name` is for errors. */
  constructor(clock: Clock, name: string, rule: RateRule) {
    this.#clock = clock;
    this.#name = name;
    this.#rule = rule;
  }

  get size(): number {
    return this.#size;
  }

  /** The state that those of this key wait for, and how many; undefined while nobody does. */
  lineOf(key: string | undefined): { readonly state: RateState; readonly waiting: number } | undefined {
    const found = this.#lines.get(key);
    return found === undefined ? undefined : { state: found.state, waiting: found.line.size };
  }

  /** Resolves when its turn has come and been counted; rejects at once with the reason when the call is aborted. */
  wait(call: Call, key: string | undefined, state: RateState, nowMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const keyLine = this.#lines.get(key) ?? this.#addLine(key, state, nowMs);
      const waiter: Waiter = {
        ...{ call, keyLine, resolve, reject, ahead: undefined, next: undefined },
        onAbort: (reason) => {
          this.#leave(waiter);
          this.#setTimer();
          reject(reason);
        },
      };
      keyLine.line.add(waiter);
      this.#size += 1;
      call.watch(waiter);
      this.#setTimer();
    });
  }

  /** Another rule: whoever may begin by it does, at once. */
  change(rule: RateRule): void {
    this.#rule = rule;
    const nowMs = this.#clock.now();
    this.#byTime = newHeap();
    for (const keyLine of [...this.#lines.values()]) this.#serve(keyLine, nowMs);
    this.#setTimer();
  }

  #addLine(key: string | undefined, state: RateState, nowMs: number): KeyLine {
    const dueMs = nowMs + state.waitMs(1, nowMs, this.#rule);
    const keyLine: KeyLine = { key, state, line: new Line<Waiter>(), dueMs };
    this.#lines.set(key, keyLine);
    this.#byTime.push(keyLine);
    return keyLine;
  }

  #serveDue(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.now();
    for (
      let first = this.#byTime.peek();
      first !== undefined && first.dueMs <= nowMs;
      first = this.#byTime.peek()
    ) {
      this.#byTime.pop();
      this.#serve(first, nowMs);
    }
    this.#setTimer();
  }

  /** Lets in who may begin, in order; the line must not be in the heap, and is put there for who is left. */
  #serve(keyLine: KeyLine, nowMs: number): void {
    for (let first = keyLine.line.first; first !== undefined; first = keyLine.line.first) {
      if (first.call.deadline <= nowMs) {
        this.#leave(first);
        first.reject(overdue(this.#name));
        continue;
      }
      const waitMs = keyLine.state.take(nowMs, this.#rule);
      if (waitMs > 0) {
        keyLine.dueMs = nowMs + waitMs;
        this.#byTime.push(keyLine);
        return;
      }
      this.#leave(first);
      first.resolve();
    }
  }

  #leave(waiter: Waiter): void {
    const { keyLine, call } = waiter;
    keyLine.line.remove(waiter);
    this.#size -= 1;
    call.unwatch(waiter);
    if (keyLine.line.size > 0) return;
    this.#lines.delete(keyLine.key);
    if (this.#byTime.size > endedMin && this.#byTime.size > 2 * this.#lines.size) this.#removeEnded();
  }

  #removeEnded(): void {
    this.#byTime = newHeap();
    for (const keyLine of this.#lines.values()) this.#byTime.push(keyLine);
  }

  #setTimer(): void {
    if (this.#size === 0) this.#byTime = newHeap();
    const dueMs = this.#byTime.peek()?.dueMs;
    if (dueMs === this.#timer?.dueMs) return;
    this.#timer?.set.cancel();
    this.#timer = undefined;
    if (dueMs === undefined) return;
    const delayMs = Math.max(0, dueMs - this.#clock.now());
    this.#timer = { set: this.#clock.setTimer(delayMs, () => this.#serveDue()), dueMs };
  }
}

function newHeap(): Heap<KeyLine> {
  return new Heap((left, right) => left.dueMs - right.dueMs);
}

/**
 * A run's history with the unknown outcomes made known. The simulator has seen what became of every write, and
 * values are unique, so nobody need guess: one that took effect did so at its revision, and one that never did by
 * the end of the run, when all members agree, never will. This leaves the judge less to allow and almost nothing
 * to search: dozens of writes of unknown outcome would otherwise make a history too hard to judge.
 */
import { assert } from '../../base/index.ts';
import { describeOperation, type History, type Operation } from '../history/index.ts';

/** At which revision each value was written, in the simulator's true history. */
export class Writings {
  readonly #revisions = new Map<number, number>();
  /** A value that was written at two revisions. */
  #repeated: string | undefined;

  wrote(value: number, revision: number): void {
    const before = this.#revisions.get(value);
    if (before !== undefined && before !== revision)
      this.#repeated ??= `the write of ${value} took effect twice, at ${before} and at ${revision}`;
    this.#revisions.set(value, revision);
  }

  /**
   * What a client was told of a write and is not so, whether or not anybody ever read the value: a write that
   * failed for certain and took effect, one at another revision than was told, one that took effect twice.
   */
  lie({ operations }: Pick<History, 'operations'>): string | undefined {
    const told = operations.find((operation) => {
      const { f, outcome, output, revision } = operation;
      if (f === 'read' || outcome === 'unknown') return false;
      const isDone = outcome === 'applied' && output !== false;
      return this.#revisions.get(writtenBy(operation)) !== (isDone ? revision : undefined);
    });
    if (told === undefined) return this.#repeated;
    const revision = this.#revisions.get(writtenBy(told));
    const truth = revision === undefined ? 'never took effect' : `took effect at revision ${revision}`;
    return `a client was told what is not so, since this ${truth}: ${describeOperation(told)}`;
  }

  /** The operations, those of unknown outcome applied at their revision or left out. */
  resolve({ operations, events }: History): Operation[] {
    const resolved: Operation[] = [];
    for (const operation of operations) {
      if (operation.outcome !== 'unknown') {
        resolved.push(operation);
        continue;
      }
      // A read that got no answer tells nothing.
      if (operation.f === 'read') continue;
      const revision = this.#revisions.get(writtenBy(operation));
      if (revision === undefined) continue;
      // It completed at some time, and nothing says when: behind everything else it bounds nobody.
      const completeAt = events.length + operation.index;
      const output = operation.f === 'cas' ? true : null;
      resolved.push({ ...operation, outcome: 'applied', output, completeAt, revision });
    }
    return resolved;
  }
}

function writtenBy({ f, input }: Operation): number {
  const value: unknown = f === 'cas' && Array.isArray(input) ? input[1] : input;
  assert(typeof value === 'number', `an operation ${f} writes a number`);
  return value;
}

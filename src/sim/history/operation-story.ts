/**
 * Operations as sentences, for people who must understand why a history was refused: who did what, when, and
 * what was answered.
 */
import type { HistoryValue, MicroOperation } from './event.ts';
import type { Operation } from './operation.ts';

/** `process 3  write x 5 → done  [12.000 ms … 14.500 ms]`, with the revision where it is known. */
export function describeOperation(operation: Operation): string {
  const { process, invokeTime, completeTime, revision } = operation;
  const until = completeTime === Number.POSITIVE_INFINITY ? '?' : timeText(completeTime);
  const at = revision === undefined ? '' : ` at revision ${revision}`;
  return `process ${process}  ${what(operation)} → ${answer(operation)}${at}  [${timeText(invokeTime)} … ${until}]`;
}

/** A nanosecond time in the largest unit that reads well. */
export function timeText(timeNs: number): string {
  if (timeNs < 1e6) return `${(timeNs / 1e3).toFixed(3)} µs`;
  if (timeNs < 1e9) return `${(timeNs / 1e6).toFixed(3)} ms`;
  return `${(timeNs / 1e9).toFixed(6)} s`;
}

export function valueText(value: HistoryValue): string {
  return value === null ? 'nothing' : JSON.stringify(value);
}

function what({ f, key, input, output }: Operation): string {
  switch (f) {
    case 'read':
    case 'acquire':
      return `${f} ${key}`;
    case 'write':
    case 'append':
    case 'release':
      return input === null && f === 'release' ? `release ${key}` : `${f} ${key} ${valueText(input)}`;
    case 'cas': {
      const [expected, next] = input as readonly HistoryValue[];
      return `cas ${key} ${valueText(expected ?? null)} to ${valueText(next ?? null)}`;
    }
    case 'add':
      return `add ${key} ${valueText(input)}`;
    case 'txn':
      return `txn ${((output ?? input) as readonly MicroOperation[]).map(stepText).join(', ')}`;
  }
}

function stepText([kind, key, value]: MicroOperation): string {
  return kind === 'append' ? `append ${key} ${valueText(value)}` : `read ${key} ${valueText(value)}`;
}

function answer({ f, output, outcome }: Operation): string {
  if (outcome === 'not-applied') return 'not done';
  if (outcome === 'unknown') return 'unknown';
  switch (f) {
    case 'read':
      return valueText(output);
    case 'acquire':
      if (typeof output === 'number') return `token ${output}`;
      return output === true ? 'held' : 'refused';
    case 'cas':
    case 'release':
      return output === true ? 'done' : 'refused';
    case 'add':
      return output === null ? 'done' : valueText(output);
    default:
      return 'done';
  }
}

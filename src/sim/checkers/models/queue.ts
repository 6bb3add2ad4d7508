/**
 * A first-in-first-out queue. The line format has no verbs of its own for it, so it borrows two: `append`
 * puts a value at the end; `acquire` takes the one at the front and answers it, or `false` where there was
 * none, so elements that are taken are whole numbers. `read` answers all that is in it, front first; a queue
 * of appends and reads alone is a list.
 */
import { type Operation, valueText } from '../../history/index.ts';
import { foreseenQueue } from './foreseen-queue.ts';
import type { Model } from './model.ts';
import { type Elements, empty, stepQueue } from './queue-step.ts';

export function queueModel(): Model<Elements> {
  const model: Model<Elements> = {
    name: 'queue',
    functions: ['append', 'acquire', 'read'],
    dependsOnProcess: false,
    initial: () => empty,
    step: stepQueue,
    onlyLooks: ({ f, output }) => f === 'read' || output === false,
    identity: (elements) => JSON.stringify(elements),
    show: (elements) => `holds ${valueText(elements)}`,
    fits: ({ f, output, outcome }) => outcome !== 'applied' || fitsAnswer(f, output),
    relevant: relevantToQueue,
    withForesight: (operations) => foreseenQueue(model, operations),
  };
  return model;
}

function fitsAnswer(f: Operation['f'], output: Operation['output']): boolean {
  if (f === 'acquire') return typeof output === 'number' || output === false;
  return f !== 'read' || output === null || Array.isArray(output);
}

/** An unknown append of a value that nobody saw can be left out of any valid order, with the unknown take that took it. */
function relevantToQueue(operations: readonly Operation[]): readonly Operation[] {
  const seen = new Set<unknown>();
  for (const { f, output } of operations) {
    if (f === 'acquire') seen.add(output);
    if (f === 'read') for (const element of (output ?? empty) as Elements) seen.add(element);
  }
  return operations.filter(({ f, input, outcome }) => {
    if (outcome !== 'unknown') return true;
    return f === 'append' ? seen.has(input) : f !== 'read';
  });
}

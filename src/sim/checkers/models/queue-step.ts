/** What each operation does to the elements of a queue: shared by the plain model and the one with foresight. */
import type { Operation, Scalar } from '../../history/index.ts';

export type Elements = readonly Scalar[];

export const empty: Elements = [];

export function stepQueue(
  elements: Elements,
  { f, input, output, outcome }: Operation,
): Elements | undefined {
  switch (f) {
    case 'append':
      return [...elements, input as Scalar];
    case 'acquire':
      if (outcome === 'unknown') return elements.length === 0 ? elements : elements.slice(1);
      if (output === false) return elements.length === 0 ? elements : undefined;
      return elements.length > 0 && elements[0] === output ? elements.slice(1) : undefined;
    case 'read':
      return outcome === 'unknown' || sameElements(elements, (output ?? empty) as Elements)
        ? elements
        : undefined;
    default:
      return undefined;
  }
}

function sameElements(left: Elements, right: Elements): boolean {
  return left.length === right.length && left.every((element, index) => element === right[index]);
}

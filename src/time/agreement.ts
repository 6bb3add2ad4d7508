/**
 * Marzullo's intersection (Maintaining the Time in a Distributed System, 1984): each source says that the truth is
 * within an interval, some of them are wrong, and nobody knows which. Where most intervals overlap is the best guess;
 * a source whose interval misses that place is wrong, if the others are not.
 *
 * Two places may be covered equally often, and the one that is covered most often need not hold the truth: it does
 * only if as few sources as possible are wrong. What holds whenever a majority of the sources is right is that the
 * truth is between the first and the last point that a majority covers. So the middle of the best place is the guess,
 * and its bound reaches to the ends of what a majority covers.
 */

export interface SourceInterval {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

export type Agreement =
  | {
      readonly agreed: true;
      /** The middle of where most intervals overlap. */
      readonly middle: number;
      /** How far the truth is from the middle at most, if a majority of the sources is right. */
      readonly error: number;
      /** From the first to the last point that the most intervals cover, and how many those are. */
      readonly low: number;
      readonly high: number;
      readonly sources: number;
      /** Whose intervals are wholly outside of it. */
      readonly falsetickers: readonly string[];
    }
  | { readonly agreed: false; readonly sources: number };

/** What a majority of `intervals` agrees on; no more than half of them in one place is no agreement. */
export function agreementOf(intervals: readonly SourceInterval[]): Agreement {
  const majority = Math.floor(intervals.length / 2) + 1;
  const edges = sortedEdges(intervals);
  const sources = mostCovering(edges);
  if (sources < majority) return { agreed: false, sources };
  const best = coveredBy(edges, sources);
  const sure = coveredBy(edges, majority);
  const middle = (best.low + best.high) / 2;
  return {
    agreed: true,
    middle,
    error: Math.max(sure.high - middle, middle - sure.low),
    ...best,
    sources,
    falsetickers: intervals
      .filter(({ low, high }) => high < best.low || low > best.high)
      .map(({ name }) => name),
  };
}

interface Edge {
  readonly at: number;
  /** +1 where an interval begins, -1 where it ends. */
  readonly step: 1 | -1;
}

/** Beginnings before ends of the same place: intervals that touch overlap in a point. */
function sortedEdges(intervals: readonly SourceInterval[]): Edge[] {
  const edges = intervals.flatMap(({ low, high }): Edge[] => [
    { at: low, step: 1 },
    { at: high, step: -1 },
  ]);
  return edges.sort((left, right) => left.at - right.at || right.step - left.step);
}

function mostCovering(edges: readonly Edge[]): number {
  let covering = 0;
  let most = 0;
  for (const { step } of edges) {
    covering += step;
    most = Math.max(most, covering);
  }
  return most;
}

/** From the first to the last point that at least `least` intervals cover; there is one. */
function coveredBy(edges: readonly Edge[], least: number): { readonly low: number; readonly high: number } {
  let covering = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { at, step } of edges) {
    if (step === 1 && covering + 1 === least) low = Math.min(low, at);
    if (step === -1 && covering === least) high = Math.max(high, at);
    covering += step;
  }
  return { low, high };
}

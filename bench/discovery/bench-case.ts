/** What a case of this folder is: a name, and a run that tells lines. Cases lie in `cases/`, several to a file. */

interface CaseOptions {
  readonly rounds: number;
}

/** As it is printed by `--json`; more figures may stand in it. */
export interface Line {
  readonly case: string;
  readonly ours: number;
  readonly unit: string;
  readonly peer?: string;
  readonly theirs?: number;
  readonly ratio?: number;
  readonly [figure: string]: string | number | undefined;
}

export interface BenchCase {
  readonly name: string;
  readonly what: string;
  readonly run: (options: CaseOptions) => Promise<readonly Line[]> | readonly Line[];
}

export function median(figures: readonly number[]): number {
  return figures.toSorted((left, right) => left - right)[figures.length >> 1] ?? Number.NaN;
}

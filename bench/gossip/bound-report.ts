/** Figures beside what is promised for them, as lines for programs or for people; what is beyond is counted. */

export interface Measured {
  readonly name: string;
  readonly ours: number;
  readonly unit: string;
  /** What is promised; more is a failure. */
  readonly bound?: number;
  readonly figures?: Readonly<Record<string, number>>;
}

export interface BoundReportOptions {
  readonly bench: string;
  readonly json: boolean;
  /** What each line for programs tells besides. */
  readonly besides?: Readonly<Record<string, number>>;
}

export class BoundReport {
  readonly #options: BoundReportOptions;
  /** How many were beyond what is promised. */
  failures = 0;

  constructor(options: BoundReportOptions) {
    this.#options = options;
  }

  tell({ name, ours, unit, bound, figures = {} }: Measured): void {
    if (bound !== undefined && ours > bound) this.failures += 1;
    const { bench, json, besides } = this.#options;
    const rounded = Object.fromEntries(Object.entries(figures).map(([key, figure]) => [key, round(figure)]));
    if (json) {
      const peer = bound === undefined ? {} : { peer: 'bound', theirs: round(bound) };
      const ratio = bound === undefined || bound === 0 ? {} : { ratio: round(bound / ours) };
      const line = { bench, case: name, ours: round(ours), unit, ...peer, ...ratio, ...rounded, ...besides };
      console.log(JSON.stringify(line));
      return;
    }
    const against = bound === undefined ? '' : `   at most ${round(bound)}`;
    const more = Object.entries(rounded).map(([key, figure]) => `${key} ${figure}`);
    console.log(
      `${name.padEnd(14)} ${String(round(ours)).padStart(9)} ${unit}${against}   ${more.join(', ')}`,
    );
  }
}

function round(figure: number): number {
  return Math.round(figure * 100) / 100;
}

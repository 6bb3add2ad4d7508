/**
 * Looks at all nodes again and again while a run lasts: who leads in which term, by their own word, and how much
 * memory each takes. Two leaders of one term are a finding whenever they are seen, and so is memory that grows
 * once a run has found its pace.
 */
import type { Memory } from './child.ts';
import type { System } from './system.ts';

const lookMs = 200;
const memoryMs = 5_000;
/** What happens before this is a start, and what memory grows after it is judged. */
export const warmUpMs: number = 5 * 60_000;
const growthShareMax = 0.25;
const growthBytesMax = 32 << 20;

interface MemorySample extends Memory {
  readonly atMs: number;
  readonly place: number;
}

export class Sampler {
  readonly findings: string[] = [];
  readonly memory: MemorySample[] = [];
  readonly #system: System;
  readonly #beganMs = performance.now();
  /** Term by term, who was seen to lead. */
  readonly #leaders = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #memoryDueMs = 0;
  #isOver = false;

  constructor(system: System) {
    this.#system = system;
    this.#plan();
  }

  /** Terms in which somebody was seen to lead. */
  get terms(): number {
    return this.#leaders.size;
  }

  async close(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** The most that one node took, from one moment of the run to another. */
  peakBytes(fromMs: number, toMs: number): number {
    const sizes = this.memory
      .filter(({ atMs }) => atMs >= fromMs && atMs < toMs)
      .map(({ residentBytes }) => residentBytes);
    return Math.max(0, ...sizes);
  }

  /** How memory went, a line for each five minutes. */
  memoryLines(): string[] {
    const windows = Map.groupBy(this.memory, ({ atMs }) => Math.floor(atMs / warmUpMs));
    return [...windows].map(([window, samples]) => {
      const of = (name: keyof Memory): number[] =>
        samples.map((sample) => sample[name]).sort((a, b) => a - b);
      const said = (sizes: readonly number[]): string =>
        `median ${megabytes(sizes[sizes.length >> 1] ?? 0)}, most ${megabytes(sizes.at(-1) ?? 0)}`;
      return (
        `from minute ${(window * warmUpMs) / 60_000}: resident ${said(of('residentBytes'))}; ` +
        `in no file ${said(of('anonymousBytes'))}`
      );
    });
  }

  /** What is wrong with how memory went, in runs that last long enough to tell. */
  memoryFindings(): string[] {
    const lengthMs = performance.now() - this.#beganMs;
    if (lengthMs < 2 * warmUpMs) return [];
    const early = this.peakBytes(0, warmUpMs);
    const late = this.peakBytes(lengthMs - warmUpMs, Number.POSITIVE_INFINITY);
    if (late <= early * (1 + growthShareMax) + growthBytesMax) return [];
    return [
      `memory grows: a node took ${megabytes(early)} in the first five minutes and ${megabytes(late)} in the last`,
    ];
  }

  #plan(): void {
    if (this.#isOver) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().finally(() => this.#plan());
    }, lookMs);
  }

  async #look(): Promise<void> {
    const { nodes } = this.#system;
    const looks = await Promise.all(nodes.map(({ place }) => this.#system.look(place)));
    for (const look of looks) {
      if (look?.leads !== true) continue;
      const known = this.#leaders.get(look.term);
      if (known === undefined) this.#leaders.set(look.term, look.place);
      else if (known !== look.place)
        this.findings.push(`nodes ${known + 1} and ${look.place + 1} both led in term ${look.term}`);
    }
    const atMs = performance.now() - this.#beganMs;
    if (atMs < this.#memoryDueMs) return;
    this.#memoryDueMs = atMs + memoryMs;
    for (const { place, child } of nodes) {
      const memory = child.memory();
      if (memory !== undefined) this.memory.push({ atMs, place, ...memory });
    }
  }
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / (1 << 20))} MiB`;
}

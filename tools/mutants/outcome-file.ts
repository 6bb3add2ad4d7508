/**
 * Outcomes on disk, so that a long run can be stopped and goes on where it was. An outcome counts only for the
 * very sources and tests that it was made with.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from './outcome.ts';

interface Line {
  readonly sources: string;
  readonly plan: string;
  readonly outcome: Outcome;
}

export class OutcomeFile {
  readonly #path: string;
  readonly #sources: string;
  readonly #plan: string;
  readonly #known = new Map<string, Outcome>();

  /** `plan` says with what each bug is hunted. */
  constructor(path: string, root: string, plan: string) {
    this.#path = path;
    this.#sources = hashOfSources(root);
    this.#plan = plan;
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
    for (const line of lines.filter((text) => text !== '')) {
      const { sources, outcome, plan: before } = JSON.parse(line) as Line;
      if (sources === this.#sources && before === plan) this.#known.set(outcome.mutant, outcome);
    }
  }

  outcomeOf(mutant: string): Outcome | undefined {
    return this.#known.get(mutant);
  }

  add(outcome: Outcome): void {
    const line: Line = { sources: this.#sources, plan: this.#plan, outcome };
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }
}

function hashOfSources(root: string): string {
  const hash = createHash('sha256');
  for (const file of globSync(['src/**/*.ts', 'test/**/*.ts', 'tools/mutants/*.ts'], { cwd: root }).sort()) {
    hash.update(`${file}\n`);
    hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

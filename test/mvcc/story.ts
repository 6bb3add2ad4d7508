/**
 * Runs a property and, when it fails, tells the shortest failing run as the commands that were sent. What was
 * drawn are functions of the state, which print as source text and help nobody.
 */
import fc from 'fast-check';
import type { Command } from '../../src/mvcc/index.ts';

export class Story {
  readonly #lines: string[] = [];

  sent(index: number, command: Command): void {
    this.#lines.push(`${index}  ${JSON.stringify(command, asText)}`);
  }

  note(what: string): void {
    this.#lines.push(`   ${what}`);
  }

  /** Runs `body` and gives an error that it throws this story to tell. */
  tell(body: () => void): void {
    try {
      body();
    } catch (error) {
      const told = error instanceof Error ? error.stack : error;
      throw new Error(`${this.#lines.join('\n')}\n${told}`, { cause: error });
    }
  }
}

export function assertProperty<Values>(property: fc.IProperty<Values>, numRuns: number): void {
  fc.assert(property, {
    numRuns,
    reporter: (outcome) => {
      if (!outcome.failed) return;
      const { seed, counterexamplePath, errorInstance } = outcome;
      const told = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
      throw new Error(`seed ${seed}, path ${counterexamplePath}\n${told}`);
    },
  });
}

function asText(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
}

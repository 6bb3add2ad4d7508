/**
 * A verb of the command: what it is called, how it explains itself, and what it does. Every verb gets its
 * words and options parsed, writes results to `out`, and everything that is not a result to `note`.
 */
import type { ParseArgsOptionsConfig } from 'node:util';

export interface Invocation {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  /** What stood behind `--`. */
  readonly rest: readonly string[];
  /** Writes one line of results. */
  readonly out: (line: string) => void;
  /** Writes one line for people, on stderr. */
  readonly note: (line: string) => void;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

export interface Verb {
  readonly name: string;
  /** What stands behind the name, as in `KEY VALUE`. */
  readonly words: string;
  readonly summary: string;
  readonly examples: readonly string[];
  readonly options: ParseArgsOptionsConfig;
  /** One line for each option. */
  readonly help: Readonly<Record<string, string>>;
  /** Resolves to the exit code. */
  readonly run: (invocation: Invocation) => Promise<number>;
}

/** The command was used wrongly: exit code 2, with the verb's help. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Exit codes that scripts rely on. */
export const exitCodes = { done: 0, failed: 1, usage: 2, unknown: 3, timedOut: 124 } as const;

export function wordsOf(invocation: Invocation, count: number, what: string): readonly string[] {
  if (invocation.words.length === count) return invocation.words;
  throw new UsageError(`expected ${what}, but got ${invocation.words.length} words`);
}

export function textOption(invocation: Invocation, name: string): string | undefined {
  const value = invocation.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** A whole number within bounds. */
export function numberOption(
  invocation: Invocation,
  name: string,
  bounds: { readonly least: number; readonly most: number; readonly otherwise: number },
): number {
  const text = textOption(invocation, name);
  if (text === undefined) return bounds.otherwise;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= bounds.least && value <= bounds.most) return value;
  throw new UsageError(
    `--${name} is ${JSON.stringify(text)}, but must be a whole number from ${bounds.least} to ${bounds.most}`,
  );
}

/**
 * A verb of the command: what it is called, how it explains itself, and what it does. Every verb gets its
 * words and options parsed, writes results to `out`, and everything that is not a result to `note`.
 */
import type { ParseArgsOptionsConfig } from 'node:util';
import { type Duration, durationMs, isQuorateError } from '../base/index.ts';
import type { Progress } from './progress.ts';

/** A list for an option that may be given several times. */
type OptionValue = string | boolean | readonly string[];

export interface Invocation {
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, OptionValue | undefined>>;
  /** What stood behind `--`. */
  readonly rest: readonly string[];
  /** All that comes on the standard input. */
  readonly input: () => Promise<Uint8Array>;
  /** Writes one line of results. */
  readonly out: (line: string) => void;
  /** Writes results that are not text, as they are. */
  readonly outBytes: (bytes: Uint8Array) => void;
  /** Resolves when whoever reads the results has taken most of them: who writes many waits for it now and then. */
  readonly drained: () => Promise<void>;
  /** Writes one line for people, on stderr. */
  readonly note: (line: string) => void;
  /** What was typed where a user was named and no password given. */
  readonly password?: string;
  /** A line of the terminal that shows how far the work is; dispose of it when it is done. */
  readonly progress: () => Progress;
  /** Aborted with `Interrupted` by Ctrl-C and SIGTERM, and when nobody reads the results any more. */
  readonly signal: AbortSignal;
}

/** A command to copy, alone or with what it is good for. */
export type Example = string | { readonly run: string; readonly what: string };

export interface Verb {
  readonly name: string;
  /** What stands behind the name, as in `KEY VALUE`. */
  readonly words: string;
  readonly summary: string;
  /** What is worth knowing before the first use: a few lines. */
  readonly about?: string;
  readonly examples: readonly Example[];
  readonly options: ParseArgsOptionsConfig;
  /** One line for each option. */
  readonly help: Readonly<Record<string, string>>;
  /** What an option takes, where that is a choice; the place of a word stands for its option. For completion. */
  readonly choices?: Readonly<Record<string, readonly string[]>>;
  /** True: interrupted, it may have changed something, and its exit code says so. */
  readonly changes?: boolean;
  /** Resolves to the exit code. */
  readonly run: (invocation: Invocation) => Promise<number>;
}

/** The reason with which a verb's signal is aborted. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** The command was used wrongly: exit code 2, and where to read on. */
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

/** All that was given of an option that may be given several times. */
export function textOptions(invocation: Invocation, name: string): readonly string[] {
  const value = invocation.options[name];
  return Array.isArray(value) ? value : [];
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

/** One of some words. */
export function choiceOption<Name extends string>(
  invocation: Invocation,
  name: string,
  choices: readonly Name[],
  otherwise: Name,
): Name {
  const text = textOption(invocation, name);
  if (text === undefined) return otherwise;
  return choiceOf(`--${name}`, text, choices);
}

export function choiceOf<Name extends string>(what: string, text: string, choices: readonly Name[]): Name {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new UsageError(`${what} is ${JSON.stringify(text)}, but must be one of ${choices.join(', ')}`);
}

export function isSet({ options }: Invocation, name: string): boolean {
  return options[name] === true;
}

/** In milliseconds; `undefined` when the option was not given. */
export function durationOption(invocation: Invocation, name: string): number | undefined {
  const text = textOption(invocation, name);
  if (text === undefined) return undefined;
  try {
    return durationMs(text as Duration, `--${name}`);
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

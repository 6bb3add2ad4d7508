/**
 * A command line from its words to its exit code: finds the verb, parses its options and turns what it throws
 * into the codes that scripts rely on. What a verb does stands in its own file.
 */
import type { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { isQuorateError } from '../base/index.ts';
import { askedPassword } from './passwords.ts';
import { Progress } from './progress.ts';
import { Results } from './results.ts';
import { commandHelp, usageHint, verbHelp } from './usage.ts';
import { exitCodes, Interrupted, type Invocation, UsageError, type Verb } from './verb.ts';
import { allVerbs, findVerb } from './verbs/index.ts';

export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Aborted with `Interrupted`, by signals or because nobody reads the results. */
  readonly interrupt: AbortController;
}

export async function runCommandLine(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = argv;
  const verb = await findVerb(name ?? '');
  if (verb === undefined) return await answerWithoutVerb(name, rest[0], terminal);
  const { stdout, stderr, interrupt } = terminal;
  using results = new Results(stdout, () => interrupt.abort(new Interrupted('nobody reads the results')));
  try {
    const invocation = parse(verb, rest, terminal, results);
    if (invocation !== 'help') return await verb.run(await withPassword(verb, invocation));
    results.write(verbHelp(verb));
    return exitCodes.done;
  } catch (error) {
    return explain(verb, error, stderr);
  }
}

/** A verb that connects has the option; what is asked for here is asked before anything is done. */
async function withPassword(verb: Verb, invocation: Invocation): Promise<Invocation> {
  const password = 'user' in verb.options ? await askedPassword(invocation) : undefined;
  return password === undefined ? invocation : { ...invocation, password };
}

async function answerWithoutVerb(
  name: string | undefined,
  about: string | undefined,
  { stdout, stderr }: Terminal,
): Promise<number> {
  const subject = name === 'help' && about !== undefined ? await findVerb(about) : undefined;
  const help = subject === undefined ? commandHelp(await allVerbs()) : verbHelp(subject);
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    stdout.write(help);
    return exitCodes.done;
  }
  stderr.write(`quorate: there is no verb ${JSON.stringify(name)}\n\n${help}`);
  return exitCodes.usage;
}

function parse(
  verb: Verb,
  argv: readonly string[],
  { stdin, stderr, interrupt }: Terminal,
  results: Results,
): Invocation | 'help' {
  const split = argv.indexOf('--');
  const own = split === -1 ? argv : argv.slice(0, split);
  const options = { ...verb.options, help: { type: 'boolean', short: 'h' } } as const;
  const { values, positionals } = parseArgs({
    args: [...own],
    options,
    allowPositionals: true,
    strict: true,
  });
  if (values.help === true) return 'help';
  const { signal } = interrupt;
  return {
    words: positionals,
    options: values as Invocation['options'],
    rest: split === -1 ? [] : argv.slice(split + 1),
    input: async () => new Uint8Array(await buffer(stdin)),
    out: (line) => results.write(`${line}\n`),
    outBytes: (bytes) => results.write(bytes),
    drained: () => results.drained(signal),
    note: (line) => stderr.write(`${line}\n`),
    progress: () => new Progress(stderr),
    signal,
  };
}

function explain(verb: Verb, error: unknown, stderr: Writable): number {
  if (error instanceof UsageError || isParseError(error)) {
    stderr.write(`quorate ${verb.name}: ${(error as Error).message}\n${usageHint(verb)}\n`);
    return exitCodes.usage;
  }
  if (error instanceof Interrupted) {
    const known = verb.changes === true ? '; what was asked may or may not have happened' : '';
    stderr.write(`quorate ${verb.name}: ${error.message}${known}\n`);
    return verb.changes === true ? exitCodes.unknown : exitCodes.failed;
  }
  if (!isQuorateError(error)) throw error;
  stderr.write(`quorate ${verb.name}: ${error.code}: ${error.message}\n`);
  if (error.code === 'deadline-exceeded') return exitCodes.timedOut;
  return error.outcome === 'unknown' ? exitCodes.unknown : exitCodes.failed;
}

function isParseError(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

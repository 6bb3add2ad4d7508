#!/usr/bin/env node
/**
 * The command `quorate`. This file finds the verb, parses its options and turns what it throws into the exit
 * codes that scripts rely on; what a verb does stands in its own file.
 */
import { parseArgs } from 'node:util';
import { isQuorateError } from '../base/index.ts';
import { commandHelp, verbHelp } from './usage.ts';
import { exitCodes, type Invocation, UsageError, type Verb } from './verb.ts';
import { allVerbs, findVerb } from './verbs/index.ts';

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  const verb = await findVerb(name ?? '');
  if (verb === undefined) return await answerWithoutVerb(name);
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort(new Error('interrupted'));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const invocation = parse(verb, rest, interrupt.signal);
    if (invocation === 'help') {
      process.stdout.write(verbHelp(verb));
      return exitCodes.done;
    }
    return await verb.run(invocation);
  } catch (error) {
    return explain(verb, error);
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

async function answerWithoutVerb(name: string | undefined): Promise<number> {
  const help = commandHelp(await allVerbs());
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(help);
    return exitCodes.done;
  }
  process.stderr.write(`quorate: there is no verb ${JSON.stringify(name)}\n\n${help}`);
  return exitCodes.usage;
}

function parse(verb: Verb, argv: readonly string[], signal: AbortSignal): Invocation | 'help' {
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
  return {
    words: positionals,
    options: values as Invocation['options'],
    rest: split === -1 ? [] : argv.slice(split + 1),
    out: (line) => process.stdout.write(`${line}\n`),
    note: (line) => process.stderr.write(`${line}\n`),
    signal,
  };
}

function explain(verb: Verb, error: unknown): number {
  if (error instanceof UsageError || isParseError(error)) {
    process.stderr.write(`quorate ${verb.name}: ${(error as Error).message}\n\n${verbHelp(verb)}`);
    return exitCodes.usage;
  }
  if (!isQuorateError(error)) throw error;
  process.stderr.write(`quorate ${verb.name}: ${error.code}: ${error.message}\n`);
  if (error.code === 'deadline-exceeded') return exitCodes.timedOut;
  return error.outcome === 'unknown' ? exitCodes.unknown : exitCodes.failed;
}

function isParseError(error: unknown): boolean {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}

process.exitCode = await main(process.argv.slice(2));

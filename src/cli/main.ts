#!/usr/bin/env node
/** The command `quorate` as a process: its streams, its signals and its exit code. */
import { runCommandLine } from './command-line.ts';
import { Interrupted } from './verb.ts';

const interrupt = new AbortController();
const stop = (): void => interrupt.abort(new Interrupted('interrupted'));
process.once('SIGINT', stop).once('SIGTERM', stop);
const { stdin, stdout, stderr } = process;
process.exitCode = await runCommandLine(process.argv.slice(2), { stdin, stdout, stderr, interrupt });
process.off('SIGINT', stop).off('SIGTERM', stop);

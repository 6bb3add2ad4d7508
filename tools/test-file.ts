/**
 * Runs one test file on Node's own runner and sums up what happened. Each file gets a run of its own, so
 * that one which never ends (a socket or timer left open) is stopped alone after a limit and named, where a
 * common run would wait for it without end. A file that holds no test fails: Node calls it passed.
 */
import { once } from 'node:events';
import { type EventData, run } from 'node:test';
import { inspect } from 'node:util';

export interface FailedTest {
  /** The names from the outermost suite to the test. */
  readonly path: readonly string[];
  readonly error: string;
}

export interface FileResult {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly elapsedMs: number;
  readonly failures: readonly FailedTest[];
  /** What the file printed, both streams in order. */
  readonly output: string;
}

export async function runTestFile(file: string, timeoutMs: number): Promise<FileResult> {
  const began = performance.now();
  const failures: FailedTest[] = [];
  const names: string[] = [];
  const result = { passed: 0, failed: 0, skipped: 0, output: '' };
  let sawTests = false;

  const stream = run({ files: [file], signal: AbortSignal.timeout(timeoutMs) });
  stream.on('test:start', ({ nesting, name }) => {
    names.length = nesting;
    names.push(name);
  });
  stream.on('test:fail', (event) => {
    if (event.name === file) failures.push({ path: [], error: showEnd(event, timeoutMs) });
    else if (isLeaf(event)) {
      failures.push({ path: [...names.slice(0, event.nesting), event.name], error: show(event) });
    }
  });
  for (const kind of ['test:stdout', 'test:stderr'] as const) {
    stream.on(kind, ({ message }) => {
      result.output += message;
    });
  }
  // What goes wrong after a test has ended arrives as a diagnostic; the run's own statistics have no file.
  stream.on('test:diagnostic', ({ message, file: ofFile }) => {
    if (ofFile !== undefined) result.output += `${message}\n`;
  });
  stream.on('test:summary', ({ file: ofFile, counts }) => {
    if (ofFile !== undefined) {
      sawTests = counts.tests > 0;
      return;
    }
    result.passed = counts.passed;
    result.skipped = counts.skipped + counts.todo;
    result.failed = counts.tests - result.passed - result.skipped;
  });
  stream.resume();
  await once(stream, 'end');

  if (!sawTests && result.failed === 0) {
    result.passed = 0;
    result.failed = 1;
    failures.push({ path: [], error: 'this file holds no test, or its process ended before its tests did' });
  }
  return { file, ...result, failures, elapsedMs: performance.now() - began };
}

/** A suite or parent test fails with its children; only the child tells why. */
function isLeaf(event: EventData.TestFail): boolean {
  return (event.details.error as { failureType?: string }).failureType !== 'subtestsFailed';
}

/** The file's process itself failed: it never ended, crashed, or ended early. */
function showEnd(event: EventData.TestFail, timeoutMs: number): string {
  const error = event.details.error as {
    failureType?: string;
    exitCode?: number | null;
    signal?: string | null;
  };
  if (error.failureType === 'testAborted') {
    return `did not end within ${timeoutMs / 1_000} s: a test waits for ever, or left a socket or timer open`;
  }
  return `its process ended with ${error.signal ?? `exit code ${error.exitCode ?? 'unknown'}`}`;
}

function show(event: EventData.TestFail): string {
  const { error } = event.details;
  return inspect(error.cause ?? error, { colors: false, depth: 4 });
}

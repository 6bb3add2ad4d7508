/** Which errors say something of what was called, by their code and outcome. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AssertionFailure,
  type ErrorCode,
  type ErrorDataByCode,
  type Outcome,
  QuorateError,
} from '../../src/base/index.ts';
import { saysNothing } from '../../src/resilience/upstream-failure.ts';

function errorOf(code: ErrorCode, outcome?: Outcome): QuorateError {
  const data = {} as ErrorDataByCode[ErrorCode];
  return new QuorateError({ code, message: 'm', data, ...(outcome !== undefined && { outcome }) });
}

function late(lateMs: number): QuorateError {
  return new QuorateError({ code: 'deadline-exceeded', message: 'm', data: { milliseconds: 1_000, lateMs } });
}

const rows: readonly [string, unknown, boolean][] = [
  ['an answer that is under way', errorOf('answer-pending'), true],
  ['a full bulkhead', errorOf('bulkhead-full'), true],
  ['an open circuit', errorOf('circuit-open'), true],
  ['something that was closed before it began', errorOf('closed', 'not-applied'), true],
  ['something that was closed under it', errorOf('closed', 'unknown'), false],
  ['a time that was over before it began', errorOf('deadline-exceeded', 'not-applied'), true],
  ['a time that is over', errorOf('deadline-exceeded', 'unknown'), false],
  ['a time that was over in a process that stood still for a quarter of it', late(250), true],
  ['a time that was over in a process that stood still for a little of it', late(249), false],
  ['a feature that is switched off', errorOf('feature-degraded'), true],
  ['an option that is refused', errorOf('invalid-option'), true],
  ['a key that was used for another call', errorOf('key-reused'), true],
  ['a load that is shed', errorOf('load-shed'), true],
  ['a limit of rate', errorOf('rate-limited'), true],
  ['a failed assertion', new AssertionFailure('m'), true],
  ['chaos', errorOf('chaos-injected'), false],
  ['an engine that cannot be reached', errorOf('engine-unreachable', 'not-applied'), false],
  ['a status', errorOf('http-status'), false],
  ['an error of somebody else', new Error('m'), false],
  ['nothing', undefined, false],
  ['an object that looks like one of ours', { code: 'circuit-open', outcome: 'not-applied' }, false],
];
for (const [name, error, expected] of rows) {
  test(`${expected ? 'says nothing' : 'says something'} of what was called: ${name}`, () => {
    assert.equal(saysNothing(error), expected);
  });
}

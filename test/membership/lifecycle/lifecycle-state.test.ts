/** The life of a node, row by row: every input in every state. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type LifecycleInput,
  type LifecycleState,
  nextState,
} from '../../../src/membership/lifecycle/lifecycle-state.ts';

const error = new Error('broken');

const states: Readonly<Record<string, LifecycleState>> = {
  new: { kind: 'stopped', hasRun: false, problems: [] },
  starting: { kind: 'starting' },
  joining: { kind: 'joining' },
  'joining held back': { kind: 'joining', degradedBy: 'a cut' },
  running: { kind: 'running' },
  degraded: { kind: 'degraded', why: 'a cut', isRecovering: false },
  recovering: { kind: 'degraded', why: 'a cut', isRecovering: true },
  leaving: { kind: 'leaving', why: 'closed' },
  stopped: { kind: 'stopped', hasRun: true, problems: [] },
  failed: { kind: 'failed', error },
};

const inputs: Readonly<Record<string, LifecycleInput>> = {
  start: { kind: 'start' },
  started: { kind: 'started' },
  joined: { kind: 'joined' },
  degrade: { kind: 'degrade', why: 'a cut' },
  restore: { kind: 'restore' },
  recovered: { kind: 'recovered' },
  leave: { kind: 'leave', why: 'closed' },
  left: { kind: 'left', problems: [] },
  fail: { kind: 'fail', error },
};

/** A dash: nothing changes. */
const rows: readonly (readonly [state: string, ...ends: readonly string[]])[] = [
  //                    start     started  joined    degrade     restore     recovered leave  left   fail
  ['new', 'starting', '-', '-', '-', '-', '-', 'stopped', '-', '-'],
  ['starting', '-', 'joining', '-', '-', '-', '-', 'leaving', '-', 'failed'],
  ['joining', '-', '-', 'running', 'joining held back', 'joining', '-', 'leaving', '-', 'failed'],
  ['joining held back', '-', '-', 'degraded', 'joining held back', 'joining', '-', 'leaving', '-', 'failed'],
  ['running', '-', '-', '-', 'degraded', '-', '-', 'leaving', '-', 'failed'],
  ['degraded', '-', '-', '-', 'degraded', 'recovering', '-', 'leaving', '-', 'failed'],
  ['recovering', '-', '-', '-', 'degraded', '-', 'running', 'leaving', '-', 'failed'],
  ['leaving', '-', '-', '-', '-', '-', '-', '-', 'stopped', '-'],
  ['stopped', '-', '-', '-', '-', '-', '-', '-', '-', '-'],
  ['failed', '-', '-', '-', '-', '-', '-', '-', '-', '-'],
];

for (const [name, ...ends] of rows) {
  for (const [place, input] of Object.keys(inputs).entries()) {
    const end = ends[place] as string;
    test(`${name}, ${input}: ${end === '-' ? 'nothing' : end}`, () => {
      const found = nextState(states[name] as LifecycleState, inputs[input] as LifecycleInput);
      assert.deepEqual(found, end === '-' ? undefined : states[end]);
    });
  }
}

test('every state and every input has its place in the table', () => {
  assert.deepEqual(rows.map(([name]) => name).sort(), Object.keys(states).sort());
  for (const row of rows) assert.equal(row.length - 1, Object.keys(inputs).length);
});

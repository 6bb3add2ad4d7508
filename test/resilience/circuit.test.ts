/** The circuit's table of states, row by row: what is there, what comes in, what is there then and what is answered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Admission,
  Circuit,
  type CircuitChange,
  type CircuitStateName,
} from '../../src/resilience/circuit.ts';
import { type CircuitOptions, circuitSettings } from '../../src/resilience/circuit-settings.ts';

const options: CircuitOptions = {
  rule: { kind: 'consecutive', failures: 2 },
  slowCall: { after: 10 },
  openFor: { base: 100, factor: 2, max: 300 },
  probes: { calls: 2, successes: 2, lentFor: 50 },
};

/** A circuit in a time of its own, with tickets by the stretch in which they were given out. */
class Scene {
  readonly circuit = new Circuit(circuitSettings(options), 0);
  nowMs = 0;
  /** Of calls that began while it was closed at first. */
  readonly early: number = this.circuit.ticket;

  admit(): Admission {
    return this.circuit.admit(this.nowMs);
  }

  /** The ticket of a call that is let through. */
  pass(): number {
    const admission = this.admit();
    assert.ok(admission.passes);
    return admission.ticket;
  }

  succeed(ticket: number = this.circuit.ticket, isSlow = false): CircuitChange | undefined {
    return this.circuit.succeed(ticket, isSlow, this.nowMs);
  }

  fail(ticket: number = this.circuit.ticket, enough?: number): CircuitChange | undefined {
    return this.circuit.fail(ticket, false, this.nowMs, enough);
  }
}

const beginnings = {
  closed: (): Scene => new Scene(),
  'closed, one failure': (): Scene => {
    const scene = new Scene();
    scene.fail();
    return scene;
  },
  open: (): Scene => {
    const scene = new Scene();
    scene.fail();
    scene.fail();
    return scene;
  },
  'open, its time over': (): Scene => {
    const scene = beginnings.open();
    scene.nowMs = 100;
    return scene;
  },
  'half-open, one probe': (): Scene => {
    const scene = beginnings['open, its time over']();
    scene.pass();
    return scene;
  },
  'half-open, two probes': (): Scene => {
    const scene = beginnings['half-open, one probe']();
    scene.pass();
    return scene;
  },
  'half-open, one success': (): Scene => {
    const scene = beginnings['open, its time over']();
    scene.succeed(scene.pass());
    return scene;
  },
  isolated: (): Scene => {
    const scene = new Scene();
    scene.circuit.isolate();
    return scene;
  },
  'forced closed': (): Scene => {
    const scene = new Scene();
    scene.circuit.forceClosed();
    return scene;
  },
} satisfies Record<string, () => Scene>;

type Beginning = keyof typeof beginnings;
type Row = readonly [Beginning, string, (scene: Scene) => unknown, CircuitStateName, unknown];

const passes = (scene: Scene): unknown => {
  const admission = scene.admit();
  return admission.passes ? ['passes', admission.change?.to] : [admission.state, admission.retryAfterMs];
};
const free = ['passes', undefined];
const opened = (cause: string, forMs: number): unknown => ({ to: 'open', cause, forMs });

const rows: readonly Row[] = [
  ['closed', 'a call', passes, 'closed', free],
  ['closed', 'a success', (scene) => scene.succeed(), 'closed', undefined],
  ['closed', 'a failure', (scene) => scene.fail(), 'closed', undefined],
  ['closed', 'a failure with a hint', (scene) => scene.fail(undefined, 1), 'open', opened('hint', 100)],
  [
    'closed',
    'a failure with a hint that needs two',
    (scene) => scene.fail(undefined, 2),
    'closed',
    undefined,
  ],
  ['closed', 'a quorum', (scene) => scene.circuit.openByQuorum(0), 'open', opened('quorum', 100)],
  ['closed', 'isolate', (scene) => scene.circuit.isolate(), 'isolated', { to: 'isolated' }],
  ['closed', 'force', (scene) => scene.circuit.forceClosed(), 'forced-closed', { to: 'forced-closed' }],
  ['closed', 'reset', (scene) => scene.circuit.reset(), 'closed', undefined],

  ['closed, one failure', 'a failure', (scene) => scene.fail(), 'open', opened('failures', 100)],
  [
    'closed, one failure',
    'a slow success',
    (scene) => scene.succeed(undefined, true),
    'open',
    opened('failures', 100),
  ],
  [
    'closed, one failure',
    'a success, a failure',
    (scene) => [scene.succeed(), scene.fail()],
    'closed',
    [undefined, undefined],
  ],
  [
    'closed, one failure',
    'reset, a failure',
    (scene) => [scene.circuit.reset(), scene.fail()],
    'closed',
    [undefined, undefined],
  ],
  [
    'closed, one failure',
    'a call given up, a failure',
    (scene) => [scene.circuit.withdraw(0), scene.fail()],
    'open',
    [undefined, opened('failures', 100)],
  ],

  ['open', 'a call', passes, 'open', ['open', 100]],
  ['open', 'a late success', (scene) => scene.succeed(scene.early), 'open', undefined],
  ['open', 'a late failure', (scene) => scene.fail(scene.early), 'open', undefined],
  ['open', 'a quorum', (scene) => scene.circuit.openByQuorum(0), 'open', undefined],
  ['open', 'isolate', (scene) => scene.circuit.isolate(), 'isolated', { to: 'isolated' }],
  ['open', 'force', (scene) => scene.circuit.forceClosed(), 'forced-closed', { to: 'forced-closed' }],
  [
    'open',
    'reset, a failure',
    (scene) => [scene.circuit.reset(), scene.fail()],
    'closed',
    [{ to: 'closed' }, undefined],
  ],

  ['open, its time over', 'nothing', () => undefined, 'open', undefined],
  ['open, its time over', 'a call', passes, 'half-open', ['passes', 'half-open']],
  ['open, its time over', 'a late failure', (scene) => scene.fail(scene.early), 'open', undefined],

  ['half-open, one probe', 'a call', passes, 'half-open', free],
  ['half-open, one probe', 'a late success', (scene) => scene.succeed(scene.early), 'half-open', undefined],
  ['half-open, one probe', 'a late failure', (scene) => scene.fail(scene.early), 'half-open', undefined],
  [
    'half-open, one probe',
    'its failure',
    (scene) => scene.fail(scene.circuit.ticket + 1),
    'open',
    opened('probe', 200),
  ],
  [
    'half-open, one probe',
    'its slow success',
    (scene) => scene.succeed(scene.circuit.ticket + 1, true),
    'open',
    opened('probe', 200),
  ],
  [
    'half-open, one probe',
    'its success',
    (scene) => scene.succeed(scene.circuit.ticket + 1),
    'half-open',
    undefined,
  ],
  ['half-open, one probe', 'isolate', (scene) => scene.circuit.isolate(), 'isolated', { to: 'isolated' }],
  [
    'half-open, one probe',
    'force',
    (scene) => scene.circuit.forceClosed(),
    'forced-closed',
    { to: 'forced-closed' },
  ],
  ['half-open, one probe', 'reset', (scene) => scene.circuit.reset(), 'closed', { to: 'closed' }],
  ['half-open, one probe', 'a quorum', (scene) => scene.circuit.openByQuorum(100), 'half-open', undefined],

  ['half-open, two probes', 'a call', passes, 'half-open', ['half-open', null]],
  [
    'half-open, two probes',
    'one is given up, a call',
    (scene) => {
      scene.circuit.withdraw(scene.circuit.ticket + 1);
      return passes(scene);
    },
    'half-open',
    free,
  ],
  [
    'half-open, two probes',
    'their time is over, a call',
    (scene) => {
      scene.nowMs += 50;
      return passes(scene);
    },
    'half-open',
    free,
  ],
  [
    'half-open, two probes',
    'both succeed',
    (scene) => [scene.succeed(scene.circuit.ticket + 1), scene.succeed(scene.circuit.ticket + 2)],
    'closed',
    [undefined, { to: 'closed' }],
  ],
  [
    'half-open, two probes',
    'the second fails behind the first',
    (scene) => [scene.succeed(scene.circuit.ticket + 1), scene.fail(scene.circuit.ticket + 2)],
    'open',
    [undefined, opened('probe', 200)],
  ],

  [
    'half-open, one success',
    'another one',
    (scene) => scene.succeed(scene.pass()),
    'closed',
    { to: 'closed' },
  ],
  ['half-open, one success', 'a failure', (scene) => scene.fail(scene.pass()), 'open', opened('probe', 200)],

  ['isolated', 'a call', passes, 'isolated', ['isolated', null]],
  ['isolated', 'a late failure', (scene) => scene.fail(scene.early), 'isolated', undefined],
  ['isolated', 'isolate', (scene) => scene.circuit.isolate(), 'isolated', undefined],
  ['isolated', 'force', (scene) => scene.circuit.forceClosed(), 'forced-closed', { to: 'forced-closed' }],
  ['isolated', 'reset', (scene) => scene.circuit.reset(), 'closed', { to: 'closed' }],
  ['isolated', 'a quorum', (scene) => scene.circuit.openByQuorum(0), 'isolated', undefined],
  [
    'isolated',
    'a long time',
    (scene) => {
      scene.nowMs = 1e9;
      return passes(scene);
    },
    'isolated',
    ['isolated', null],
  ],

  ['forced closed', 'a call', passes, 'forced-closed', free],
  [
    'forced closed',
    'failures',
    (scene) => [scene.fail(), scene.fail(), scene.fail()],
    'forced-closed',
    [undefined, undefined, undefined],
  ],
  ['forced closed', 'a success', (scene) => scene.succeed(), 'forced-closed', undefined],
  ['forced closed', 'isolate', (scene) => scene.circuit.isolate(), 'isolated', { to: 'isolated' }],
  [
    'forced closed',
    'reset, a failure',
    (scene) => [scene.circuit.reset(), scene.fail()],
    'closed',
    [{ to: 'closed' }, undefined],
  ],
  ['forced closed', 'a quorum', (scene) => scene.circuit.openByQuorum(0), 'forced-closed', undefined],
];
for (const [beginning, input, step, state, answer] of rows) {
  test(`${beginning}: ${input}`, () => {
    const scene = beginnings[beginning]();
    assert.deepEqual(step(scene), answer);
    assert.equal(scene.circuit.state, state);
  });
}

test('each probe that fails makes the wait longer, up to the longest, and closing begins anew', () => {
  const scene = beginnings.open();
  const waits: unknown[] = [];
  for (let round = 0; round < 4; round += 1) {
    scene.nowMs = scene.circuit.probesAt ?? Number.NaN;
    waits.push(scene.fail(scene.pass()));
  }
  assert.deepEqual(
    waits,
    [200, 300, 300, 300].map((forMs) => opened('probe', forMs)),
  );
  scene.nowMs = scene.circuit.probesAt ?? Number.NaN;
  scene.succeed(scene.pass());
  scene.succeed(scene.pass());
  scene.fail();
  assert.deepEqual(scene.fail(), opened('failures', 100));
});

test('a probe whose place was lent on may say how it ended, and takes no place from the next one', () => {
  const scene = beginnings['half-open, two probes']();
  const first = scene.circuit.ticket + 1;
  scene.nowMs += 50;
  const third = scene.pass();
  scene.pass();
  scene.succeed(first);
  assert.deepEqual(passes(scene), ['half-open', null], 'the places of the third and fourth are still lent');
  assert.deepEqual(scene.succeed(third), { to: 'closed' });
});

test('a call that began before the circuit closed again says nothing of it now', () => {
  const scene = beginnings['half-open, two probes']();
  const [first, second] = [scene.circuit.ticket + 1, scene.circuit.ticket + 2];
  scene.fail(first);
  scene.nowMs = 300;
  scene.succeed(scene.pass());
  assert.equal(scene.succeed(second), undefined, 'a probe of the round before does not close it');
  assert.equal(scene.circuit.state, 'half-open');
  scene.succeed(scene.pass());
  assert.equal(scene.circuit.state, 'closed');
  for (const late of [scene.early, first, second]) scene.fail(late);
  assert.equal(scene.circuit.isIdle(300), true);
});

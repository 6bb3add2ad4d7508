/** Breakers of several processes that tell each other what they found: a hint is a hint. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BreakerHints,
  type BreakerPolicy,
  breaker,
  type HintListener,
  type OthersReport,
  type OwnReport,
  type PolicyEvent,
  type ShareOptions,
} from '../../src/resilience/index.ts';
import { ManualClock } from '../net/manual-clock.ts';

const wrong = (): Promise<never> => Promise.reject(new RangeError('no'));

/** What one process hears and says; the test is all the others. */
class Square implements BreakerHints {
  readonly said: OwnReport[] = [];
  readonly listeners = new Set<HintListener>();
  #reports: readonly OthersReport[] = [];

  report(circuit: string, report: OwnReport): void {
    assert.equal(circuit, 'orders');
    this.said.push(report);
  }

  watch(circuit: string, listener: HintListener): () => void {
    assert.equal(circuit, 'orders');
    this.listeners.add(listener);
    listener.reports(this.#reports);
    return () => this.listeners.delete(listener);
  }

  /** Each of `reporters` says that it is open, for the first time or, with another id, anew. */
  open(reporters: readonly string[], { forMs = 1000, id = '1' } = {}): void {
    this.tell(reporters.map((reporter) => ({ reporter, id, state: 'open', forMs })));
  }

  tell(reports: readonly OthersReport[]): void {
    this.#reports = reports;
    for (const listener of this.listeners) listener.reports(reports);
  }

  lose(reason: unknown): void {
    for (const listener of this.listeners) listener.lost(reason);
  }
}

interface Ground {
  readonly clock: ManualClock;
  readonly square: Square;
  readonly circuit: BreakerPolicy;
  readonly stop: () => void;
  readonly told: (string | undefined)[];
}

function ground(options: ShareOptions = {}): Ground {
  const clock = new ManualClock();
  const square = new Square();
  const circuit = breaker({
    clock,
    name: 'orders',
    rule: { kind: 'consecutive', failures: 3 },
    openFor: 100,
  });
  const told: (string | undefined)[] = [];
  circuit.onEvent((event: PolicyEvent) => told.push(event.type === 'opened' ? event.cause : event.type));
  return { clock, square, circuit, told, stop: circuit.share(square, options) };
}

async function failing(circuit: BreakerPolicy, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) await assert.rejects(circuit.execute(wrong), RangeError);
}

test('a hint alone opens nothing, whoever gives it and however often', async () => {
  const { square, circuit, told } = ground();
  for (const id of ['1', '2', '3']) square.open(['a', 'b', 'c', 'd'], { id });
  assert.equal(await circuit.execute(() => 'well'), 'well');
  assert.equal(circuit.state, 'closed');
  assert.deepEqual(told, []);
});

test('with a hint one failure of its own is enough', async () => {
  const { square, circuit, told } = ground();
  square.open(['a']);
  await failing(circuit, 1);
  assert.equal(circuit.state, 'open');
  assert.deepEqual(told, ['hint']);
});

test('how many failures of its own are enough with a hint can be said', async () => {
  const { square, circuit } = ground({ failures: 2 });
  square.open(['a']);
  await failing(circuit, 1);
  assert.equal(circuit.state, 'closed');
  await failing(circuit, 1);
  assert.equal(circuit.state, 'open');
});

test('a hint counts for as long as it said, also when the same report is told again', async () => {
  const { clock, square, circuit } = ground();
  square.open(['a'], { forMs: 100 });
  clock.advance(60);
  square.open(['a'], { forMs: 100 });
  clock.advance(40);
  await failing(circuit, 2);
  assert.equal(circuit.state, 'closed');
  square.open(['a'], { forMs: 100, id: '2' });
  await failing(circuit, 1);
  assert.equal(circuit.state, 'open');
});

test('a report that was taken back, or says half-open, is none', async () => {
  const { square, circuit } = ground();
  square.open(['a', 'b']);
  square.tell([{ reporter: 'a', id: '2', state: 'half-open', forMs: 1000 }]);
  await failing(circuit, 2);
  assert.equal(circuit.state, 'closed');
});

test('a quorum of others opens it without a failure of its own, and is not passed on', () => {
  const { square, circuit, told } = ground({ quorum: 3 });
  square.open(['a', 'b']);
  assert.equal(circuit.state, 'closed');
  square.open(['a', 'b', 'c']);
  assert.equal(circuit.state, 'open');
  assert.deepEqual(told, ['quorum']);
  assert.deepEqual(square.said, []);
});

test('after its own probe has succeeded, a quorum that stays opens it no more; one that comes anew does', async () => {
  const { clock, square, circuit } = ground({ quorum: 2 });
  square.open(['a', 'b']);
  clock.advance(100);
  await circuit.execute(() => 'well');
  assert.equal(circuit.state, 'closed');
  square.open(['a', 'b', 'c'], { id: '2' });
  assert.equal(circuit.state, 'closed');
  square.open(['a']);
  square.open(['a', 'b'], { id: '3' });
  assert.equal(circuit.state, 'open');
});

test('a quorum closes nothing and opens nothing that a person has decided', () => {
  const { square, circuit } = ground({ quorum: 2 });
  circuit.forceClosed();
  square.open(['a', 'b']);
  assert.equal(circuit.state, 'forced-closed');
  square.tell([]);
  circuit.isolate();
  square.open(['a', 'b'], { id: '2' });
  assert.equal(circuit.state, 'isolated');
});

test('it tells the others what it found itself, and takes it back when it is over', async () => {
  const { clock, square, circuit } = ground({ quorum: 2 });
  await failing(circuit, 3);
  clock.advance(100);
  await failing(circuit, 1);
  clock.advance(100);
  await circuit.execute(() => 'well');
  const open = { state: 'open', forMs: 100 };
  const probing = { state: 'half-open', forMs: 0 };
  assert.deepEqual(square.said, [open, probing, open, probing, { state: 'closed', forMs: 0 }]);
  square.open(['a', 'b']);
  clock.advance(100);
  await failing(circuit, 1);
  assert.deepEqual(square.said.slice(5), [open], 'what its own probe found is its own');
  circuit.isolate();
  assert.deepEqual(square.said.slice(6), [{ state: 'closed', forMs: 0 }]);
});

test('without the engine it goes by its own evidence, and says so once each time', async () => {
  const { square, circuit, told } = ground();
  square.open(['a']);
  square.lose(new Error('cut off'));
  square.lose(new Error('cut off'));
  await failing(circuit, 2);
  assert.equal(circuit.state, 'closed');
  square.open(['a'], { id: '2' });
  await failing(circuit, 1);
  assert.equal(circuit.state, 'open');
  assert.deepEqual(told, ['hints-lost', 'hints-found', 'failures']);
});

test('who stops sharing takes back what was told and hears no more', async () => {
  const { square, circuit, stop } = ground({ quorum: 2 });
  await failing(circuit, 3);
  const [listener] = square.listeners;
  stop();
  stop();
  assert.deepEqual(
    square.said.map(({ state }) => state),
    ['open', 'closed'],
  );
  assert.equal(square.listeners.size, 0);
  circuit.reset();
  listener?.reports([
    { reporter: 'a', id: '1', state: 'open', forMs: 1000 },
    { reporter: 'b', id: '1', state: 'open', forMs: 1000 },
  ]);
  listener?.lost('too late');
  await failing(circuit, 2);
  assert.equal(circuit.state, 'closed');
});

test('another square takes the place of the one before', async () => {
  const { square, circuit, stop } = ground();
  const other = new Square();
  circuit.share(other);
  stop();
  assert.equal(square.listeners.size, 0);
  other.open(['a']);
  await failing(circuit, 1);
  assert.equal(circuit.state, 'open');
  assert.deepEqual([square.said.length, other.said.length], [0, 1]);
});

test('a hint is of worth to a window, too, where its failures count', async () => {
  const clock = new ManualClock();
  const square = new Square();
  const rule = { kind: 'time-window', span: 100, ratio: 0.5, minimum: 10 } as const;
  const circuit = breaker({ clock, name: 'orders', rule });
  circuit.share(square, { failures: 2 });
  await failing(circuit, 1);
  clock.advance(100);
  square.open(['a']);
  await failing(circuit, 1);
  assert.equal(circuit.state, 'closed', 'the first one was too long ago');
  await failing(circuit, 1);
  assert.equal(circuit.state, 'open');
});

const refusals: readonly [string, ShareOptions][] = [
  ['no failure at all', { failures: 0 }],
  ['a quorum of one, which is a hint alone', { quorum: 1 }],
  ['half a quorum', { quorum: 2.5 }],
];
for (const [name, options] of refusals) {
  test(`refused, and what was shared before stays: ${name}`, () => {
    const { square, circuit } = ground();
    assert.throws(() => circuit.share(new Square(), options), { code: 'invalid-option' });
    assert.equal(square.listeners.size, 1);
  });
}

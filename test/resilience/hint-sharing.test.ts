/** Breakers of several processes that tell each other what they found: a hint is a hint. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type BreakerHints,
  type BreakerPolicy,
  breaker,
  type HintListener,
  keyedBreakers,
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
  readonly #keys = new Set<string | undefined>([undefined]);
  #reports: readonly OthersReport[] = [];

  report(circuit: string, report: OwnReport): void {
    assert.equal(circuit, 'orders');
    this.said.push(report);
  }

  watch(circuit: string, listener: HintListener): () => void {
    assert.equal(circuit, 'orders');
    this.listeners.add(listener);
    this.#tellTo(listener);
    return () => this.listeners.delete(listener);
  }

  /** Each of `reporters` says that it is open, for the first time or, with another id, anew. */
  open(
    reporters: readonly string[],
    {
      forMs = 1000,
      id = '1',
      key,
    }: { readonly forMs?: number; readonly id?: string; readonly key?: string } = {},
  ): void {
    this.tell(reporters.map((reporter) => ({ reporter, id, key, state: 'open', forMs })));
  }

  tell(reports: readonly OthersReport[]): void {
    this.#reports = reports;
    for (const listener of this.listeners) this.#tellTo(listener);
  }

  lose(reason: unknown): void {
    for (const listener of this.listeners) listener.lost(reason);
  }

  /** Each circuit of which something is or was said. */
  #tellTo(listener: HintListener): void {
    for (const { key } of this.#reports) this.#keys.add(key);
    for (const key of this.#keys) {
      listener.reports(
        key,
        this.#reports.filter((report) => report.key === key),
      );
    }
    listener.found();
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
  square.tell([{ reporter: 'a', id: '2', key: undefined, state: 'half-open', forMs: 1000 }]);
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
  const key = undefined;
  const open = { key, state: 'open', forMs: 100 };
  const probing = { key, state: 'half-open', forMs: 0 };
  assert.deepEqual(square.said, [open, probing, open, probing, { key, state: 'closed', forMs: 0 }]);
  square.open(['a', 'b']);
  clock.advance(100);
  await failing(circuit, 1);
  assert.deepEqual(square.said.slice(5), [open], 'what its own probe found is its own');
  circuit.isolate();
  assert.deepEqual(square.said.slice(6), [{ key, state: 'closed', forMs: 0 }]);
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
  listener?.reports(undefined, [
    { reporter: 'a', id: '1', key: undefined, state: 'open', forMs: 1000 },
    { reporter: 'b', id: '1', key: undefined, state: 'open', forMs: 1000 },
  ]);
  listener?.lost('too late');
  listener?.found();
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

test('a quorum whose time was over is a new one when it says so again', async () => {
  const { clock, square, circuit } = ground({ quorum: 2 });
  square.open(['a', 'b'], { forMs: 100 });
  clock.advance(100);
  await circuit.execute(() => 'well');
  square.open(['a', 'b'], { id: '2' });
  assert.equal(circuit.state, 'open');
});

test('a quorum that stayed while the engine was away opens nothing anew', async () => {
  const { clock, square, circuit, told } = ground({ quorum: 2 });
  square.open(['a', 'b']);
  clock.advance(100);
  await circuit.execute(() => 'well');
  square.lose('cut off');
  square.open(['a', 'b']);
  assert.equal(circuit.state, 'closed');
  square.open(['a']);
  square.open(['a', 'b'], { id: '2' });
  assert.equal(circuit.state, 'open');
  assert.deepEqual(told, ['quorum', 'half-opened', 'closed', 'hints-lost', 'hints-found', 'quorum']);
});

test('of keyed breakers each key has hints and a quorum of its own', async () => {
  const clock = new ManualClock();
  const square = new Square();
  const rule = { kind: 'consecutive', failures: 3 } as const;
  const circuits = keyedBreakers({ clock, name: 'orders', rule, openFor: 100, keysMax: 3 });
  const stop = circuits.share(square, { quorum: 2 });
  const fail = async (key: string): Promise<void> => {
    await assert.rejects(circuits.execute(wrong, { key }), RangeError);
  };
  for (const key of ['eu', 'us']) await circuits.execute(() => 'well', { key });
  square.open(['a'], { key: 'eu' });
  await fail('us');
  await fail('eu');
  assert.deepEqual([circuits.stateOf('eu'), circuits.stateOf('us')], ['open', 'closed']);
  square.open(['a', 'b'], { key: 'us' });
  assert.equal(circuits.stateOf('us'), 'open');
  square.open(['a', 'b'], { key: 'never used' });
  assert.equal(circuits.size, 2, 'nobody here calls it');
  await fail('never used');
  assert.equal(circuits.stateOf('never used'), 'open', 'by a hint');
  for (const key of ['asia', 'africa']) circuits.isolate(key);
  const said = (): unknown[] => square.said.map(({ key, state }) => [key, state]);
  const before = [
    ['eu', 'open'],
    ['never used', 'open'],
    ['eu', 'closed'],
  ];
  assert.deepEqual(said(), before, 'who is forgotten is taken back');
  stop();
  assert.deepEqual(said(), [...before, ['never used', 'closed']]);
});

test('what cannot begin changes nothing', () => {
  const { square, circuit } = ground();
  const closed = new Square();
  closed.watch = (): never => {
    throw new RangeError('closed');
  };
  assert.throws(() => circuit.share(closed), RangeError);
  assert.equal(square.listeners.size, 1);
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

/** In which order a service goes when it is asked to, and that nothing of it can be held for ever. */
import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import {
  type DrainEvent,
  type Draining,
  type DrainingOptions,
  type DrainReport,
  drainOnSignals,
  InFlight,
} from '../../../src/discovery/index.ts';
import type { EndingSignal, ProcessSignals } from '../../../src/ports/index.ts';
import { ManualClock, turn } from '../../net/manual-clock.ts';
import { throwsWith } from '../../ports/expectations.ts';

class HandSignals implements ProcessSignals {
  readonly #heard = new Map<EndingSignal, (signal: EndingSignal) => void>();

  get listened(): number {
    return this.#heard.size;
  }

  listen(signals: readonly EndingSignal[], heard: (signal: EndingSignal) => void): () => void {
    for (const signal of signals) this.#heard.set(signal, heard);
    return () => this.#heard.clear();
  }

  send(signal: EndingSignal): void {
    this.#heard.get(signal)?.(signal);
  }
}

interface Scene {
  readonly clock: ManualClock;
  readonly signals: HandSignals;
  readonly inFlight: InFlight;
  readonly done: string[];
  readonly draining: Draining;
  /** What `drain` and `close` of the registration do. */
  readonly registry: { drain: () => Promise<void>; close: () => Promise<void> };
  pass(milliseconds: number): Promise<void>;
}

const well = (): Promise<void> => Promise.resolve();

function scene(options: DrainingOptions = {}): Scene {
  const clock = new ManualClock();
  const signals = new HandSignals();
  const inFlight = new InFlight();
  const done: string[] = [];
  const registry: Scene['registry'] = { drain: well, close: well };
  const said = async (what: string, call: () => Promise<void>): Promise<void> => {
    done.push(what);
    await call();
  };
  const target = {
    drain: ({ settle }: { readonly settle: 0 }) => said(`draining, settle ${settle}`, () => registry.drain()),
    close: () => said('closed', () => registry.close()),
  };
  const draining = drainOnSignals(target, {
    inFlight,
    checks: { close: () => done.push('checks') },
    hooks: [
      { name: 'server', run: () => done.push('server') },
      { name: 'pool', run: () => done.push('pool') },
    ],
    ports: { clock, signals },
    ...options,
  });
  const pass = async (milliseconds: number): Promise<void> => {
    await turn();
    clock.advance(milliseconds);
    await turn();
  };
  return { clock, signals, inFlight, done, draining, registry, pass };
}

function outcomes({ steps }: DrainReport): string[] {
  return steps.map(({ step, name, outcome }) => `${name ?? step} ${outcome}`);
}

test('status first, then a notice, then what is under way, then the registration, then hooks', async () => {
  const { clock, signals, inFlight, done, draining, pass } = scene();
  const end = inFlight.begin();
  assert.equal(draining.signal.aborted, false);
  signals.send('SIGTERM');
  assert.equal(draining.signal.aborted, true);
  await pass(1999);
  assert.deepEqual(done, ['checks', 'draining, settle 0']);
  // Those who have not heard yet still come, and are served.
  const late = inFlight.begin();
  await pass(1);
  end();
  await pass(1000);
  assert.deepEqual(done, ['checks', 'draining, settle 0']);
  late();
  await pass(0);
  const report = await draining.finished;
  assert.deepEqual(done, ['checks', 'draining, settle 0', 'closed', 'server', 'pool']);
  assert.ok(report !== undefined);
  assert.equal(report.signal, 'SIGTERM');
  assert.equal(report.requestsLeft, 0);
  assert.deepEqual(
    report.steps.map(({ step, outcome, tookMs }) => [step, outcome, tookMs]),
    [
      ['checks', 'done', 0],
      ['status', 'done', 0],
      ['notice', 'done', 2000],
      ['requests', 'done', 1000],
      ['registration', 'done', 0],
      ['hooks', 'done', 0],
      ['hooks', 'done', 0],
    ],
  );
  assert.equal(clock.timers, 0);
  assert.equal(signals.listened, 0);
});

test('what never ends is not waited for beyond the limit, and is counted', async () => {
  const { signals, inFlight, draining, pass } = scene({ requestsLimit: '10s' });
  inFlight.begin();
  inFlight.begin();
  signals.send('SIGINT');
  await pass(2000);
  await pass(9999);
  let isOver = false;
  draining.finished.then(
    () => {
      isOver = true;
    },
    () => undefined,
  );
  await pass(0);
  assert.equal(isOver, false);
  await pass(1);
  const report = await draining.finished;
  assert.equal(report?.requestsLeft, 2);
  assert.deepEqual(outcomes(report as DrainReport).slice(3), [
    'requests timed-out',
    'registration done',
    'server done',
    'pool done',
  ]);
});

test('a second signal ends the waits, and not what must still be done', async () => {
  const { clock, signals, inFlight, done, draining, pass } = scene();
  inFlight.begin();
  signals.send('SIGTERM');
  await pass(100);
  signals.send('SIGINT');
  signals.send('SIGINT');
  await pass(0);
  const report = await draining.finished;
  assert.deepEqual(outcomes(report as DrainReport), [
    'checks done',
    'status done',
    'notice hurried',
    'requests hurried',
    'registration done',
    'server done',
    'pool done',
  ]);
  assert.deepEqual(done.slice(-3), ['closed', 'server', 'pool']);
  assert.equal(clock.timers, 0);
});

test('in a hurry before its waits have begun it begins none', async () => {
  const { clock, signals, draining, registry, pass } = scene();
  const told = Promise.withResolvers<void>();
  registry.drain = () => told.promise;
  signals.send('SIGTERM');
  await pass(0);
  signals.send('SIGTERM');
  await pass(0);
  told.resolve();
  await pass(0);
  const report = await draining.finished;
  assert.deepEqual(outcomes(report as DrainReport).slice(1, 4), [
    'status done',
    'notice hurried',
    'requests hurried',
  ]);
  assert.equal(clock.timers, 0);
});

test('a registry that is gone or silent, and hooks that fail or hang, hold nothing up', async () => {
  const hang = (): Promise<void> => new Promise(() => undefined);
  const told: string[] = [];
  const { signals, draining, registry, pass } = scene({
    notice: 0,
    registryLimit: '1s',
    hookLimit: '3s',
    hooks: [
      {
        name: 'throws',
        run: () => {
          throw new Error('no file');
        },
      },
      {
        name: 'hangs',
        run: (signal) => {
          signal.addEventListener('abort', () => told.push('told to stop'));
          return hang();
        },
      },
      { name: 'last', run: () => told.push('last') },
    ],
  });
  registry.drain = () => Promise.reject(new Error('no way there'));
  registry.close = hang;
  signals.send('SIGTERM');
  await pass(0);
  await pass(1000);
  await pass(3000);
  const report = (await draining.finished) as DrainReport;
  assert.deepEqual(outcomes(report), [
    'checks done',
    'status failed',
    'notice done',
    'requests done',
    'registration timed-out',
    'throws failed',
    'hangs timed-out',
    'last done',
  ]);
  assert.match(String(report.steps[1]?.error), /no way there/);
  assert.deepEqual(told, ['told to stop', 'last']);
});

test('it begins by hand as well, once', async () => {
  const { signals, done, draining, pass } = scene({ signals: [], notice: 0 });
  assert.equal(signals.listened, 0);
  const first = draining.begin();
  const second = draining.begin();
  await pass(0);
  await pass(0);
  assert.equal((await first).signal, undefined);
  assert.equal(await first, await second);
  assert.equal(done.filter((what) => what === 'closed').length, 1);
});

test('closed before it began it ends, and listens no more', async () => {
  const { clock, signals, done, draining } = scene();
  await draining.close();
  await draining.close();
  assert.equal(await draining.finished, undefined);
  signals.send('SIGTERM');
  assert.equal(signals.listened, 0);
  assert.equal(clock.timers, 0);
  assert.deepEqual(done, []);
});

test('several registrations go together, one that fails keeps no other', async () => {
  const clock = new ManualClock();
  const done: string[] = [];
  const target = (name: string, fails = false): { drain(): Promise<void>; close(): Promise<void> } => ({
    drain: () => {
      done.push(`${name} draining`);
      return fails ? Promise.reject(new Error('gone')) : well();
    },
    close: () => {
      done.push(`${name} closed`);
      return well();
    },
  });
  const targets = [target('http', true), target('grpc')];
  const draining = drainOnSignals(targets, { notice: 0, ports: { clock, signals: new HandSignals() } });
  const running = draining.begin();
  await turn();
  clock.advance(0);
  const report = await running;
  assert.deepEqual(done, ['http draining', 'grpc draining', 'http closed', 'grpc closed']);
  assert.deepEqual(outcomes(report), ['status failed', 'notice done', 'registration done']);
});

test('the channel tells each step', async () => {
  const events: DrainEvent[] = [];
  const hear = (event: unknown): void => {
    events.push(event as DrainEvent);
  };
  subscribe('quorate:discovery:drain', hear);
  const { draining, pass } = scene({ notice: 0 });
  const running = draining.begin();
  await pass(0);
  await pass(0);
  await running;
  unsubscribe('quorate:discovery:drain', hear);
  assert.deepEqual(
    events.map((event) => (event.type === 'began' ? 'began' : event.report.step)),
    ['began', 'checks', 'status', 'notice', 'requests', 'registration', 'hooks', 'hooks'],
  );
});

test('options that make no sense are refused before anything listens', () => {
  const signals = new HandSignals();
  const target = { drain: well, close: well };
  for (const bad of [
    { notice: -1 },
    { requestsLimit: 'long' },
    { registryLimit: Number.NaN },
    { hookLimit: '1d' },
    { hooks: [() => undefined] },
  ]) {
    const options = { ...bad, ports: { signals } } as unknown as DrainingOptions;
    throwsWith('invalid-option', () => drainOnSignals(target, options));
  }
  assert.equal(signals.listened, 0);
});

test('a count of what is under way: each end counts once, and whoever waits hears of the last', async () => {
  const inFlight = new InFlight();
  const never = new AbortController().signal;
  await inFlight.idle(never);
  const [first, second] = [inFlight.begin(), inFlight.begin()];
  first();
  first();
  assert.equal(inFlight.count, 1);
  const idle = inFlight.idle(never);
  const asked = new AbortController();
  const givenUp = inFlight.idle(asked.signal);
  asked.abort(new Error('enough'));
  await assert.rejects(givenUp, /enough/);
  second();
  await idle;
  await assert.rejects(
    inFlight.run(() => {
      throw new Error('failed');
    }),
    /failed/,
  );
  assert.equal(inFlight.count, 0);
  assert.equal(await inFlight.run(() => 7), 7);
});

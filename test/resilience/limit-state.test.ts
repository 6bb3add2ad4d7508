/** How an adaptive limit moves: its rules row by row, and beside a server whose capacity the test knows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Heap, Prng } from '../../src/base/index.ts';
import { AimdStrategy } from '../../src/resilience/limit-aimd.ts';
import { GradientStrategy } from '../../src/resilience/limit-gradient.ts';
import { LimitState } from '../../src/resilience/limit-state.ts';
import type { LimitStrategy, LimitWindow } from '../../src/resilience/limit-strategy.ts';

const quiet: LimitWindow = { meanMs: 10, runningMax: 20, wasUsed: true, drops: 0 };
const unused: LimitWindow = { ...quiet, runningMax: 4, wasUsed: false };

const aimdRows: readonly [string, LimitWindow, number][] = [
  ['used and nothing lost: one more', quiet, 21],
  ['not used: the same', unused, 20],
  ['a drop: a tenth less', { ...quiet, drops: 1 }, 18],
  ['many drops in one window: a tenth less, once', { ...quiet, drops: 50 }, 18],
  ['a drop counts although the limit was not used', { ...unused, drops: 1 }, 18],
  ['slower than allowed: a tenth less', { ...quiet, meanMs: 101 }, 18],
  ['as slow as allowed: one more', { ...quiet, meanMs: 100 }, 21],
  ['nothing but drops', { ...quiet, meanMs: Number.NaN, drops: 10 }, 18],
];
for (const [name, window, next] of aimdRows) {
  test(`aimd: ${name}`, () => {
    assert.equal(new AimdStrategy({ backoff: 0.9, slowAfterMs: 100 }).next(20, window), next);
  });
}

/** What a gradient says to `windows`, one after the other, at a limit of 16 each time. */
function gradientAt16(windows: readonly LimitWindow[]): readonly number[] {
  const strategy = new GradientStrategy({ tolerance: 1.5, backoff: 0.9 });
  return windows.map((window) => strategy.next(16, window));
}
const gradientRows: readonly [string, readonly LimitWindow[], number][] = [
  ['as quick as ever: half of the root more', [quiet, quiet], 18],
  ['not used: the same', [quiet, unused], 16],
  ['slower, but within the tolerance: more', [quiet, { ...quiet, meanMs: 15 }], 18],
  ['twice as slow: towards three quarters and the root', [quiet, { ...quiet, meanMs: 20 }], 16],
  ['three times as slow: towards half and the root', [quiet, { ...quiet, meanMs: 30 }], 14],
  ['a hundred times as slow: no faster than by half', [quiet, { ...quiet, meanMs: 1000 }], 14],
  ['a drop: a tenth less', [quiet, { ...quiet, drops: 1 }], 14.4],
  ['no time at all, by a coarse clock: as quick as ever', [slow(0), slow(0)], 18],
  ['no time at all at first, and some later: as quick as ever', [slow(0), slow(10)], 18],
  ['nothing but drops, and nothing known', [{ ...quiet, meanMs: Number.NaN, drops: 10 }], 14.4],
  [
    'a slower time is not learned from windows that used the limit',
    [quiet, ...twice(quiet, 20), slow(20)],
    16,
  ],
  [
    'it is learned from windows that did not',
    [quiet, ...new Array(200).fill(slow(20, unused)), slow(20)],
    18,
  ],
];
function slow(meanMs: number, like: LimitWindow = quiet): LimitWindow {
  return { ...like, meanMs };
}
function twice(window: LimitWindow, meanMs: number): readonly LimitWindow[] {
  return [slow(meanMs, window), slow(meanMs, window)];
}
for (const [name, windows, next] of gradientRows) {
  test(`gradient: ${name}`, () => {
    assert.equal(gradientAt16(windows).at(-1)?.toFixed(6), next.toFixed(6));
  });
}

test('gradient: after ten windows, and a hundred more each time, it looks at a third of the limit and puts it back', () => {
  const strategy = new GradientStrategy({ tolerance: 1.5, backoff: 0.9 });
  const cut: number[] = [];
  let limit = 16;
  for (let index = 0; index < 250; index += 1) {
    const next = strategy.next(limit, { ...quiet, runningMax: Math.ceil(limit) });
    if (next === limit / 3) cut.push(index);
    limit = cut.at(-1) === index ? next : 16;
  }
  assert.deepEqual(cut, [10, 112, 214]);
});

test('gradient: what a probe finds is believed when what ran before it has gone, and not before', () => {
  const strategy = new GradientStrategy({ tolerance: 1.5, backoff: 0.9 });
  strategy.next(16, quiet);
  for (let index = 0; index < 9; index += 1) strategy.next(16, quiet);
  assert.equal(strategy.next(16, quiet), 16 / 3, 'the probe begins');
  assert.equal(strategy.next(5.5, { ...slow(500), runningMax: 16 }), 5.5, 'the old ones are not gone yet');
  assert.equal(strategy.next(5.5, { ...slow(40), runningMax: 6 }), 16, 'it is over');
  assert.equal(strategy.next(16, slow(40)), 18, '40 ms are normal now');
});

test('gradient: a probe that never drains ends, and believes nothing', () => {
  const strategy = new GradientStrategy({ tolerance: 1.5, backoff: 0.9 });
  for (let index = 0; index < 10; index += 1) strategy.next(16, quiet);
  strategy.next(16, quiet);
  const limits = Array.from({ length: 10 }, () => strategy.next(8, slow(500)));
  assert.deepEqual(limits, [...new Array(9).fill(8), 16]);
  assert.equal(strategy.next(16, slow(20)), 16, '10 ms are normal still');
});

test('gradient: a drop ends a probe, from the limit before it', () => {
  const strategy = new GradientStrategy({ tolerance: 1.5, backoff: 0.9 });
  for (let index = 0; index < 10; index += 1) strategy.next(16, quiet);
  assert.equal(strategy.next(16, quiet), 16 / 3);
  assert.equal(strategy.next(8, { ...quiet, drops: 1 }), 14.4);
});

test('a window is judged when it is long enough and has calls enough, and what is within counts once', () => {
  const seen: LimitWindow[] = [];
  const strategy: LimitStrategy = { next: (limit, window) => seen.push(window) * 0 + limit };
  const state = new LimitState(strategy, 4, { minimum: 1, maximum: 10, windowMs: 100 });
  for (let index = 0; index < 3; index += 1) assert.equal(state.enter(1), true);
  assert.equal(state.enter(0.5), false, 'half of four is full with three');
  for (let nowMs = 0; nowMs <= 90; nowMs += 10) state.answered(20 + (nowMs % 20), nowMs);
  assert.equal(seen.length, 0, 'ten calls, but only 90 ms');
  state.dropped(100);
  assert.deepEqual(seen, [{ meanMs: 25, runningMax: 3, wasUsed: true, drops: 1 }]);
  for (let index = 0; index < 9; index += 1) state.answered(5, 1000);
  assert.equal(seen.length, 1, '900 ms, but only nine calls');
  state.answered(5, 1000);
  assert.deepEqual(seen[1], { meanMs: 5, runningMax: 3, wasUsed: true, drops: 0 });
  for (let index = 0; index < 2; index += 1) state.leave();
  for (let nowMs = 1000; nowMs <= 1390; nowMs += 10) state.answered(200, nowMs);
  assert.equal(seen.length, 2, 'twice the quickest call has not passed yet');
  state.answered(200, 1400);
  assert.equal(seen.length, 3);
  for (let nowMs = 1400; nowMs <= 1600; nowMs += 10) state.answered(5, nowMs);
  assert.equal(seen.at(-1)?.wasUsed, false, 'one of four is no use of it');
});

test('the limit keeps its bounds, whatever a strategy says, and moves into new ones', () => {
  const said = [100, 0.001, Number.POSITIVE_INFINITY, 5];
  const strategy: LimitStrategy = { next: () => said.shift() as number };
  const state = new LimitState(strategy, 4, { minimum: 2, maximum: 10, windowMs: 1 });
  const limits: number[] = [];
  for (let nowMs = 0; said.length > 0; nowMs += 1) {
    const before = said.length;
    state.dropped(nowMs);
    if (said.length < before) limits.push(state.limit);
  }
  assert.deepEqual(limits, [10, 2, 10, 5]);
  state.change(undefined, { minimum: 6, maximum: 8, windowMs: 1 });
  assert.equal(state.limit, 6);
});

/** A server that does so many calls at a time, the others wait in line; more than `lineMax` are refused. */
class Server {
  workers: number;
  serviceMs: number;
  readonly lineMax: number;
  readonly #random: Prng;
  /** When each call that is here ends, the last one first. */
  readonly #ends: number[] = [];

  constructor(workers: number, serviceMs: number, lineMax: number, seed: number) {
    this.workers = workers;
    this.serviceMs = serviceMs;
    this.lineMax = lineMax;
    this.#random = new Prng(seed);
  }

  /** When a call that comes now is answered; undefined when it is refused. */
  accept(nowMs: number): number | undefined {
    const ends = this.#ends;
    while ((ends.at(-1) ?? nowMs + 1) <= nowMs) ends.pop();
    if (ends.length >= this.workers + this.lineMax) return undefined;
    // It begins when there are fewer than so many that end later.
    const beginMs = ends.length < this.workers ? nowMs : (ends[this.workers - 1] as number);
    const endMs = beginMs + this.serviceMs * (0.5 + this.#random.float());
    const place = ends.findIndex((other) => other <= endMs);
    ends.splice(place < 0 ? ends.length : place, 0, endMs);
    return endMs;
  }
}

interface Run {
  readonly state: LimitState;
  readonly server: Server;
  nowMs: number;
  readonly ends: Heap<{ readonly atMs: number; readonly begunMs: number; readonly isDropped: boolean }>;
}

function started(strategy: LimitStrategy, initial: number, server: Server): Run {
  const state = new LimitState(strategy, initial, { minimum: 1, maximum: 1000, windowMs: 100 });
  return { state, server, nowMs: 0, ends: new Heap((left, right) => left.atMs - right.atMs) };
}

/** In it probes have found a server of any speed. */
const services = 3000;

/** As many callers as the limit lets in, for so long. Returns the mean of the limit over the second half, and calls answered a second. */
function saturate(run: Run, lastsMs: number): { readonly limit: number; readonly perSecond: number } {
  const fromMs = run.nowMs;
  const limits: number[] = [];
  let answered = 0;
  const fill = (): void => {
    while (run.state.enter(1)) {
      const endMs = run.server.accept(run.nowMs);
      const atMs = endMs ?? run.nowMs + 1;
      run.ends.push({ atMs, begunMs: run.nowMs, isDropped: endMs === undefined });
    }
  };
  fill();
  while (run.nowMs < fromMs + lastsMs) {
    const end = run.ends.pop();
    assert.ok(end !== undefined);
    run.nowMs = end.atMs;
    run.state.leave();
    if (end.isDropped) run.state.dropped(run.nowMs);
    else run.state.answered(run.nowMs - end.begunMs, run.nowMs);
    if (run.nowMs > fromMs + lastsMs / 2) {
      limits.push(run.state.limit);
      if (!end.isDropped) answered += 1;
    }
    fill();
  }
  const limit = limits.reduce((sum, one) => sum + one, 0) / limits.length;
  return { limit, perSecond: (answered * 1000) / (lastsMs / 2) };
}

const gradient = (): LimitStrategy => new GradientStrategy({ tolerance: 1.5, backoff: 0.9 });
const aimd = (): LimitStrategy => new AimdStrategy({ backoff: 0.9, slowAfterMs: Number.POSITIVE_INFINITY });

const servers = fc.record({
  workers: fc.integer({ min: 4, max: 40 }),
  serviceMs: fc.integer({ min: 20, max: 60 }),
  initial: fc.integer({ min: 1, max: 100 }),
  seed: fc.integer({ min: 1, max: 1_000_000 }),
});

test('gradient: the limit comes near to what the server can do, whatever it was at first, and wastes little', () => {
  fc.assert(
    fc.property(servers, ({ workers, serviceMs, initial, seed }) => {
      const run = started(gradient(), initial, new Server(workers, serviceMs, 10_000, seed));
      const { limit, perSecond } = saturate(run, services * serviceMs);
      const capacity = (workers * 1000) / serviceMs;
      assert.ok(limit >= workers && limit <= 2 * workers + 6, `${workers} workers, a limit of ${limit}`);
      assert.ok(perSecond >= 0.9 * capacity, `${perSecond} of ${capacity} a second`);
    }),
    { numRuns: 8 },
  );
});

test('gradient: it gives way when the server loses half of its workers, and comes back with them', () => {
  fc.assert(
    fc.property(servers, ({ workers, serviceMs, seed }) => {
      const server = new Server(2 * workers, serviceMs, 10_000, seed);
      const run = started(gradient(), 20, server);
      const whole = saturate(run, services * serviceMs).limit;
      server.workers = workers;
      const half = saturate(run, services * serviceMs).limit;
      assert.ok(half >= workers && half <= 2 * workers + 6, `${workers} workers, a limit of ${half}`);
      assert.ok(half < whole);
      server.workers = 2 * workers;
      const again = saturate(run, services * serviceMs).limit;
      assert.ok(
        again >= 2 * workers && again <= 4 * workers + 6,
        `${2 * workers} workers, a limit of ${again}`,
      );
    }),
    { numRuns: 4 },
  );
});

test('gradient: a server that has become slower for good is not starved for ever', () => {
  const server = new Server(40, 20, 10_000, 7);
  const run = started(gradient(), 20, server);
  saturate(run, services * 20);
  server.serviceMs = 100;
  const { limit, perSecond } = saturate(run, services * 100);
  assert.ok(limit >= 40 && limit <= 86, `a limit of ${limit}`);
  assert.ok(perSecond >= 0.9 * (40_000 / 100), `${perSecond} a second`);
});

test('aimd: the limit stays near the edge at which the server refuses', () => {
  fc.assert(
    fc.property(servers, ({ workers, serviceMs, initial, seed }) => {
      const lineMax = Math.ceil(workers / 2);
      const run = started(aimd(), initial, new Server(workers, serviceMs, lineMax, seed));
      const { limit, perSecond } = saturate(run, services * serviceMs);
      const edge = workers + lineMax;
      assert.ok(limit >= 0.8 * edge && limit <= edge + 2, `an edge at ${edge}, a limit of ${limit}`);
      assert.ok(perSecond >= (0.9 * workers * 1000) / serviceMs, `${perSecond} a second`);
    }),
    { numRuns: 8 },
  );
});

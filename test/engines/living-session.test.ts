/** What the engines have in common at the end of a session, of a call and of themselves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError, QuorateError } from '../../src/base/index.ts';
import {
  CallTime,
  changedCounter,
  type EngineKind,
  EngineShell,
  LivingSession,
  type LivingSessionInit,
  ownSession,
  withOutcome,
} from '../../src/engines/port/index.ts';
import { realRandom } from '../../src/ports/real/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

class OwnSession extends LivingSession {
  readonly farewells: number[] = [];
  readonly told: PromiseWithResolvers<void> = Promise.withResolvers<void>();
  connections = 1;

  constructor(init: LivingSessionInit) {
    super(init);
    this.whenOver(() => {
      this.connections -= 1;
    });
  }

  protected override renew(): Promise<void> {
    return Promise.resolve();
  }

  protected override farewell(leftMs: number): Promise<void> {
    this.farewells.push(leftMs);
    return this.told.promise;
  }
}

class OwnEngine extends EngineShell<OwnSession> {
  readonly kind: EngineKind = 'redis';
  readonly ends: string[] = [];
  newest: OwnSession | undefined;

  constructor(clock: ManualClock) {
    super({ clock, random: realRandom() });
  }

  async session(init: Partial<LivingSessionInit> = {}): Promise<OwnSession> {
    const { clock } = this;
    const onEnd = (): void => void this.sessions.delete(session);
    const shared = { clock, id: 'one', ttlMs: 10_000, share: 0.3, sentAt: clock.now(), onEnd };
    const session: OwnSession = new OwnSession({ ...shared, ...init });
    this.newest = session;
    return await this.admit(session);
  }

  get open(): number {
    return this.sessions.size;
  }

  get(): void {
    this.checkOpen();
  }

  protected override async end(): Promise<void> {
    this.ends.push('sessions');
    await this.closeSessions();
    this.ends.push('connections');
  }
}

test('a session that is closed tells its server once, also when it is closed in answer to its own end', async () => {
  const engine = new OwnEngine(new ManualClock());
  const session = await engine.session();
  session.subscribe(() => void session.close());
  const closed = session.close();
  assert.equal(session.isLive, false, 'it is over at once');
  session.told.resolve();
  await closed;
  assert.deepEqual(session.farewells, [9_500]);
});

test('an engine waits for the farewell of a session that was closed before it', async () => {
  const engine = new OwnEngine(new ManualClock());
  const session = await engine.session();
  void session.close();
  const closed = engine.close();
  await turn();
  assert.deepEqual(engine.ends, ['sessions'], 'the connection is still needed');
  session.told.resolve();
  await closed;
  assert.deepEqual([engine.ends, engine.open], [['sessions', 'connections'], 0]);
});

test('a farewell that nobody hears is no failure, and anything else is', async () => {
  const engine = new OwnEngine(new ManualClock());
  const unheard = await engine.session();
  const broken = await engine.session();
  const data = { engine: 'redis', address: 'a' } as const;
  unheard.told.reject(new QuorateError({ code: 'engine-unreachable', message: 'gone', data }));
  broken.told.reject(new TypeError('a bug'));
  await unheard.close();
  await assert.rejects(broken.close(), { message: 'a bug' });
  assert.equal(engine.open, 0);
});

test('a session that comes to its end by itself is not its engine’s any more, and leaves no timer', async () => {
  const clock = new ManualClock();
  const engine = new OwnEngine(clock);
  const session = await engine.session();
  session.lose('it was forgotten', undefined);
  assert.deepEqual([engine.open, clock.timers, session.connections], [0, 0, 0]);
  assert.throws(() => session.check(), { code: 'session-expired' });
});

test('a session whose answer came too late is over from the start, and leaves no timer', async () => {
  const clock = new ManualClock();
  clock.advance(20_000);
  const engine = new OwnEngine(clock);
  const session = await engine.session({ sentAt: clock.now() - 10_000 });
  assert.deepEqual([session.isLive, engine.open, clock.timers], [false, 0, 0]);
  assert.equal(session.connections, 0, 'what it had of its own has ended');
});

test('an engine that is closed refuses what comes, and gives back a session that was on its way', async () => {
  const engine = new OwnEngine(new ManualClock());
  const closed = engine.close();
  assert.equal(engine.close(), closed);
  await closed;
  assert.throws(() => engine.get(), { code: 'closed', data: { what: 'the engine on redis' } });
  const late = engine.session();
  engine.newest?.told.resolve();
  await assert.rejects(late, { code: 'closed' });
  assert.deepEqual([engine.newest?.farewells, engine.open], [[9_500], 0]);
});

test('a session of another engine is refused, and the own one is known', async () => {
  class OtherSession extends OwnSession {}
  const session = await new OwnEngine(new ManualClock()).session();
  assert.equal(
    ownSession(session, (one) => one instanceof OwnSession),
    session,
  );
  assert.throws(() => ownSession(session, (one) => one instanceof OtherSession), { code: 'invalid-option' });
});

test('a call ends with its caller’s reason, or with what is true when its time is over', () => {
  const clock = new ManualClock();
  const caller = new AbortController();
  let word = 'before';
  using time = new CallTime({ clock, deadlineMs: 100, signals: [caller.signal], late: () => word });
  word = 'then';
  clock.advance(100);
  caller.abort('too late');
  assert.equal(time.signal.reason, 'then');
  using other = new CallTime({
    clock,
    deadlineMs: 100,
    signals: [undefined, caller.signal],
    late: () => word,
  });
  assert.equal(other.signal.reason, 'too late');
});

test('a call that is over leaves no timer', () => {
  const clock = new ManualClock();
  new CallTime({ clock, deadlineMs: 100, signals: [], late: () => 'late' })[Symbol.dispose]();
  assert.equal(clock.timers, 0);
});

test('an error is told with the truth about its outcome, and says so where there is doubt', () => {
  const data = { milliseconds: 5 };
  const error = new QuorateError({
    code: 'deadline-exceeded',
    message: 'late',
    data,
    outcome: 'not-applied',
  });
  assert.equal(withOutcome(error, 'not-applied'), error);
  const doubted = withOutcome(error, 'unknown');
  assert.ok(isQuorateError(doubted) && doubted.code === 'deadline-exceeded');
  assert.deepEqual([doubted.outcome, doubted.data], ['unknown', data]);
  assert.match(doubted.message, /^late; .*earlier try/);
  assert.equal(withOutcome(doubted, 'not-applied').outcome, 'not-applied');
});

const sums = [
  { name: 'nothing there counts as 0', text: undefined, amount: 2, sum: { before: 0, after: 2 } },
  { name: 'a number is added to', text: '-7', amount: 2, sum: { before: -7, after: -5 } },
  { name: 'the most may be reached', text: '8', amount: 2, most: 10, sum: { before: 8, after: 10 } },
  { name: 'the most is not passed', text: '9', amount: 2, most: 10, sum: undefined },
  { name: 'the least is not passed', text: '1', amount: -2, least: 0, sum: undefined },
  { name: 'no sum leaves the whole numbers', text: '9007199254740991', amount: 1, sum: undefined },
] as const;

for (const { name, text, sum, amount, ...bounds } of sums)
  test(`a counter: ${name}`, () => {
    const value = text === undefined ? undefined : new TextEncoder().encode(text);
    const operation = { kind: 'add', key: 'a/b', amount, ...bounds } as const;
    assert.deepEqual(changedCounter('etcd', operation, value), sum);
  });

for (const text of ['', 'seven', '1.5', '9007199254740993', '٣'])
  test(`a counter: ${JSON.stringify(text)} is none`, () => {
    const operation = { kind: 'add', key: 'a/b', amount: 1 } as const;
    assert.throws(() => changedCounter('zookeeper', operation, new TextEncoder().encode(text)), {
      code: 'engine-failed',
      outcome: 'not-applied',
    });
  });

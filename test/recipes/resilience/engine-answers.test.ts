/** Idempotency keys of several processes over one engine: what one has answered all answer, and what a death leaves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Capability, Engine } from '../../../src/engines/port/index.ts';
import { engineAnswers } from '../../../src/recipes/resilience/index.ts';
import { type IdempotencyPolicy, idempotencyKeys, type PolicyEvent } from '../../../src/resilience/index.ts';
import { Scene } from '../../engines/quorate-scene.ts';
import { turn, until } from '../../net/manual-clock.ts';
import { answerStories, storyTtlMs, Work } from '../../resilience/answer-stories.ts';
import type { FaultyEngine } from '../faulty-engine.ts';
import { lacking } from '../memory-ground.ts';
import { Town } from '../town.ts';

const never = (): never => assert.fail('it was carried out a second time');
const key = 'payment 17';
const records = 'answers/payments/records';
const holders = 'answers/payments/holders';

/** Two processes that share the keys of one name. */
class Ground implements AsyncDisposable {
  readonly town: Town;
  readonly engines: readonly [FaultyEngine, FaultyEngine];
  readonly stores: readonly [ReturnType<typeof engineAnswers>, ReturnType<typeof engineAnswers>];
  readonly told: PolicyEvent[] = [];
  readonly here: IdempotencyPolicy;
  readonly there: IdempotencyPolicy;

  private constructor(town: Town, engines: readonly [FaultyEngine, FaultyEngine]) {
    this.town = town;
    this.engines = engines;
    const open = (engine: FaultyEngine): ReturnType<typeof engineAnswers> =>
      engineAnswers(engine, 'payments', { ttl: storyTtlMs, holderTtl: '10s' });
    this.stores = [open(engines[0]), open(engines[1])];
    [this.here, this.there] = [
      idempotencyKeys({ store: this.stores[0] }),
      idempotencyKeys({ store: this.stores[1] }),
    ];
    for (const policy of [this.here, this.there]) policy.onEvent((event) => this.told.push(event));
  }

  static async open(): Promise<Ground> {
    const town = await Town.open();
    const [first, second] = [await town.program(), await town.program()];
    return new Ground(town, [first.engine, second.engine]);
  }

  async pass(milliseconds: number): Promise<void> {
    for (const { clock } of this.engines) clock.advance(milliseconds);
    await turn();
  }

  /** The server ends the session of the first process, which does not hear of it. */
  async killHere(): Promise<void> {
    const [session] = this.engines[0].sessions;
    assert.ok(session !== undefined);
    await session.endUnheard();
    await this.town.untilItems(holders, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.stores) await store.close();
    await this.town[Symbol.asyncDispose]();
  }
}

/** The same engine, in which something happens before a key is read. */
function beforeGet(engine: Engine<Capability>, happen: (key: string) => Promise<void>): Engine<Capability> {
  const get: Engine['get'] = async (read, options) => {
    await happen(read);
    return await engine.get(read, options);
  };
  return new Proxy(engine, {
    get: (target, name) => {
      if (name === 'get') return get;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

answerStories(async () => {
  const ground = await Ground.open();
  const [store, other] = ground.stores;
  return {
    store,
    other,
    pass: (milliseconds) => ground.pass(milliseconds),
    [Symbol.asyncDispose]: () => ground[Symbol.asyncDispose](),
  };
});

test('a process that dies in a call leaves it in doubt, and not free', async () => {
  await using ground = await Ground.open();
  const work = new Work();
  const first = ground.here.execute(work.task, { key });
  await work.begun();
  const waiting = ground.there.execute(never, { key });
  const refused = assert.rejects(waiting, { code: 'answer-pending', retryable: false });
  await until(() => ground.told.some(({ type }) => type === 'answer-awaited'), 'it waits');
  await ground.killHere();
  await refused;
  await assert.rejects(ground.there.execute(never, { key }), { code: 'answer-pending' });
  assert.equal(await ground.there.execute(() => 'again', { key, idempotent: true }), 'again');
  assert.equal(await ground.there.execute(never, { key }), 'again');
  work.answer('too late');
  assert.equal(await first, 'too late');
  assert.equal(
    await ground.there.execute(never, { key }),
    'again',
    'whoever was taken over overwrites nothing',
  );
});

test('one who was taken for dead and comes back with an answer ends the doubt, where nobody has gone on', async () => {
  await using ground = await Ground.open();
  const work = new Work();
  const first = ground.here.execute(work.task, { key });
  await work.begun();
  await ground.killHere();
  await assert.rejects(ground.there.execute(never, { key }), { code: 'answer-pending' });
  work.answer('late');
  assert.equal(await first, 'late');
  assert.equal(await ground.there.execute(never, { key }), 'late');
});

test('a doubt that a death has left goes after its time', async () => {
  await using ground = await Ground.open();
  const work = new Work();
  const first = ground.here.execute(work.task, { key });
  await work.begun();
  await ground.killHere();
  await ground.pass(storyTtlMs);
  assert.equal(await ground.there.execute(() => 'anew', { key }), 'anew');
  work.answer('late');
  await first;
});

test('a call that is settled while another process looks at it is no death', async () => {
  await using ground = await Ground.open();
  const work = new Work();
  const first = ground.here.execute(work.task, { key });
  await work.begun();
  // 1 the record is read, and says that it is under way; 2 it is settled; 3 the holder is read, and there is none.
  const looking = beforeGet(ground.engines[1], async (read) => {
    if (!read.startsWith(holders)) return;
    work.answer('done');
    await first;
  });
  await using store = engineAnswers(looking, 'payments');
  assert.equal(await idempotencyKeys({ store }).execute(never, { key }), 'done');
});

test('a claim whose answer is lost is not begun, and its key is free again', async () => {
  await using ground = await Ground.open();
  await ground.here.execute(() => 'before', { key: 'opens the session' });
  ground.engines[0].fault = 'lost';
  await assert.rejects(ground.here.execute(never, { key }), {
    code: 'engine-unreachable',
    outcome: 'not-applied',
  });
  assert.equal((await ground.town.items(holders)).length, 1);
  ground.engines[0].fault = 'none';
  for (let step = 0; (await ground.town.items(holders)).length > 0; step += 1) {
    assert.ok(step < 1000, 'the claim is given up');
    await ground.pass(100);
  }
  assert.equal(await ground.there.execute(() => 'free', { key }), 'free');
});

test('a second try of a doubt whose claim is lost leaves the doubt', async () => {
  await using ground = await Ground.open();
  await assert.rejects(ground.here.execute(() => Promise.reject(new Error('lost')), { key }));
  const [engine] = ground.engines;
  // When the doubt has been read: what is asked next is the claim that takes it over.
  engine.onAnswer = (asked) => {
    if (asked === 'get') engine.fault = 'lost';
  };
  await assert.rejects(ground.here.execute(never, { key, idempotent: true }), {
    code: 'engine-unreachable',
    outcome: 'not-applied',
  });
  assert.equal((await ground.town.items(holders)).length, 1);
  engine.onAnswer = () => undefined;
  engine.fault = 'none';
  for (let step = 0; (await ground.town.items(holders)).length > 0; step += 1) {
    assert.ok(step < 1000, 'the claim is given up');
    await ground.pass(100);
  }
  await assert.rejects(ground.there.execute(never, { key }), { code: 'answer-pending' });
  assert.equal(await ground.there.execute(() => 'again', { key, idempotent: true }), 'again');
});

test('a claim that was given up and arrives late holds nothing', async () => {
  await using scene = new Scene();
  await using store = engineAnswers(await scene.engine(), 'payments');
  const once = idempotencyKeys({ store });
  await once.execute(() => 'before', { key: 'opens the session' });
  const leaving = new AbortController();
  const sent = scene.requests.length;
  scene.next = 'late';
  const given = assert.rejects(
    once.execute(never, { key, signal: leaving.signal }),
    (reason) => reason === 'gone',
  );
  await until(() => scene.requests.length > sent, 'it is sent');
  leaving.abort('gone');
  await given;
  // 1 it is given up; 2 something else is asked under its session; 3 the request arrives.
  await until(() => scene.requests.length > sent + 1, 'something else is asked');
  assert.deepEqual(scene.deliver(), ['stale-request']);
  assert.equal(await once.execute(() => 'free', { key }), 'free');
});

test('a claim that does not arrive is not begun, and holds nothing', async () => {
  await using ground = await Ground.open();
  ground.engines[0].fault = 'refused';
  await assert.rejects(ground.here.execute(never, { key }), {
    code: 'engine-unreachable',
    outcome: 'not-applied',
  });
  assert.equal(await ground.there.execute(() => 'free', { key }), 'free');
});

for (const fault of ['lost', 'refused'] as const) {
  test(`an answer whose writing is ${fault} is given to its caller, told, and written when the engine is back`, async () => {
    await using ground = await Ground.open();
    const work = new Work();
    const first = ground.here.execute(work.task, { key });
    await work.begun();
    ground.engines[0].fault = fault;
    work.answer('done');
    assert.equal(await first, 'done');
    assert.deepEqual(
      ground.told.map(({ type }) => type),
      ['answer-not-kept'],
    );
    const second = ground.there.execute(never, { key });
    ground.engines[0].fault = 'none';
    await until(() => {
      for (const { clock } of ground.engines) clock.advance(10);
      return ground.told.some(({ type }) => type === 'answer-repeated');
    }, 'it is written');
    assert.equal(await second, 'done');
  });
}

test('an answer that JSON cannot express is given once, and in doubt from then on', async () => {
  await using ground = await Ground.open();
  assert.equal(await ground.here.execute(() => 17n, { key }), 17n);
  assert.deepEqual(
    ground.told.map(({ type }) => type),
    ['answer-not-kept'],
  );
  await assert.rejects(ground.there.execute(never, { key }), { code: 'answer-pending' });
  assert.equal((await ground.town.items(holders)).length, 0);
});

test('an answer that is too large for the engine is in doubt as well', async () => {
  await using ground = await Ground.open();
  const large = 'x'.repeat(ground.engines[0].limits.valueBytesMax);
  assert.equal(await ground.here.execute(() => large, { key }), large);
  await assert.rejects(ground.there.execute(never, { key }), { code: 'answer-pending' });
});

test('what is over is swept by those who claim; what is not over, and what others have written, stays', async () => {
  await using ground = await Ground.open();
  const value = new TextEncoder().encode('not ours');
  const put = { kind: 'put', key: `${records}/kstrange`, value } as const;
  await ground.town.engine.transact({ operations: [put] });
  const work = new Work();
  const slow = ground.here.execute(work.task, { key: 'slow' });
  await work.begun();
  for (let call = 0; call < 40; call += 1) await ground.here.execute(() => call, { key: `old ${call}` });
  await ground.pass(storyTtlMs);
  for (let call = 0; call < 32; call += 1) await ground.there.execute(() => call, { key: `new ${call}` });
  await ground.town.untilItems(records, 34);
  work.answer('slow');
  assert.equal(await slow, 'slow');
  for (const known of ['slow', 'new 0']) await ground.there.execute(never, { key: known });
});

test('what others have written under a key is refused, and the call is not begun', async () => {
  await using ground = await Ground.open();
  const value = new TextEncoder().encode('{"state":"strange"}');
  const put = { kind: 'put', key: `${records}/k1`, value } as const;
  await ground.town.engine.transact({ operations: [put] });
  await assert.rejects(ground.here.execute(never, { key: '1' }), {
    code: 'value-invalid',
    outcome: 'not-applied',
  });
});

test('a key that is no text is refused', async () => {
  await using ground = await Ground.open();
  await assert.rejects(ground.here.execute(never, { key: '\uD800' }), { code: 'invalid-option' });
});

test('closed, it takes no calls, and who waits hears of it', async () => {
  await using ground = await Ground.open();
  const work = new Work();
  const first = ground.here.execute(work.task, { key });
  await work.begun();
  const waiting = assert.rejects(ground.there.execute(never, { key }), { code: 'closed' });
  await until(() => ground.told.some(({ type }) => type === 'answer-awaited'), 'it waits');
  await ground.stores[1].close();
  await waiting;
  await assert.rejects(ground.there.execute(never, { key: 'other' }), {
    code: 'closed',
    outcome: 'not-applied',
  });
  await ground.stores[1].close();
  work.answer('done');
  assert.equal(await first, 'done');
});

test('refused where the engine may forget, and with times that cannot be meant', async () => {
  await using ground = await Ground.open();
  const { engine } = ground.town;
  for (const missing of ['transactions', 'survives-failover'] as const)
    assert.throws(() => engineAnswers(lacking(engine, missing) as typeof engine, 'payments'), {
      code: 'capability-missing',
    });
  assert.throws(() => engineAnswers(engine, 'payments', { ttl: 0 }), {
    code: 'invalid-option',
    message: /ttl is 0/,
  });
  assert.throws(() => engineAnswers(engine, 'payments', { holderTtl: 1 }), { code: 'ttl-out-of-range' });
  assert.throws(() => engineAnswers(engine, 'a/b'), { code: 'invalid-option' });
});

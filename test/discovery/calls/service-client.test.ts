import assert from 'node:assert/strict';
import { test } from 'node:test';
import { turn } from '../../net/manual-clock.ts';
import { after, codeOf, hanging, lost, refused, Scene } from './scene.ts';

test('a try that fails is followed by one at another instance, and by none at the same while there is another', async () => {
  const scene = new Scene(['a', 'b', 'c'], { picker: 'ring', retry: { maxAttempts: 3 } });
  const ended = await scene.call(
    () => {
      throw refused();
    },
    { key: 'one instance by itself' },
  );
  assert.equal(codeOf(ended), 'overloaded');
  assert.deepEqual(scene.called.toSorted(), ['a', 'b', 'c']);
});

test('what may have been done is not done again by another instance, unless the caller allows it', async () => {
  const scene = new Scene(['a', 'b', 'c']);
  const answer = (): string => {
    if (scene.called.length % 2 === 1) throw lost();
    return 'done';
  };
  assert.equal(codeOf(await scene.call(answer)), 'network-failed');
  assert.equal(scene.called.length, 1);
  scene.called.length = 0;
  assert.deepEqual(await scene.call(answer, { idempotent: true }), { value: 'done' });
  assert.equal(new Set(scene.called).size, 2);
  // An error that states nothing is one that may have had an effect.
  const unstated = await scene.call(() => {
    throw new Error('what?');
  });
  assert.ok('error' in unstated);
  assert.equal(scene.called.length, 3);
});

test('where only one instance is left it is tried again', async () => {
  const scene = new Scene(['a']);
  const answer = (): string => {
    if (scene.called.length === 1) throw refused();
    return 'done';
  };
  assert.deepEqual(await scene.call(answer), { value: 'done' });
  assert.deepEqual(scene.called, ['a', 'a']);
});

test('a call that takes long is sent to another instance, and the first one hears that nobody waits', async () => {
  const scene = new Scene(['a', 'b'], { hedge: { after: '50ms' } });
  let given: unknown;
  const ended = await scene.call(
    (target, call) => {
      if (scene.called.length === 2) return target.id;
      call.signal.addEventListener('abort', () => {
        given = call.signal.reason;
      });
      return hanging(target, call);
    },
    { idempotent: true },
  );
  assert.deepEqual(ended, { value: scene.called[1] });
  assert.notEqual(scene.called[0], scene.called[1]);
  assert.equal((given as Error).name, 'AbortError');
  await turn();
  assert.equal(scene.orders.figures.balancing.ejections, 0);
});

test('tries at all instances have one deadline', async () => {
  const scene = new Scene(['a', 'b', 'c'], {
    deadline: '1s',
    tryTimeout: '400ms',
    retry: { maxAttempts: 10, backoff: { kind: 'constant', delay: 0 } },
  });
  const begun = scene.clock.now();
  const ended = await scene.call(hanging, { idempotent: true });
  assert.equal(codeOf(ended), 'deadline-exceeded');
  assert.equal(scene.clock.now() - begun, 1_000);
  assert.equal(scene.called.length, 3);
});

test('retries and hedges of all calls together are paid for by one budget', async () => {
  const scene = new Scene(['a', 'b', 'c'], { breaker: false, ejection: false });
  for (let call = 0; call < 60; call += 1) {
    await scene.call(
      () => {
        throw refused();
      },
      { timeout: 1 },
    );
  }
  // 20 are saved up at first, and ten a second come in.
  const extra = scene.called.length - 60;
  assert.ok(extra <= 22, `${extra} further tries`);
});

test('an instance that fails is not picked any more, is probed when its circuit allows it, and comes back', async () => {
  const scene = new Scene(['a', 'b'], { ejection: false, retry: false, breaker: { openFor: '1s' } });
  let isDown = true;
  const answer = (target: { id: string }): string => {
    if (target.id === 'a' && isDown) throw lost();
    return target.id;
  };
  for (let call = 0; call < 10; call += 1) await scene.call(answer);
  assert.equal(scene.called.filter((id) => id === 'a').length, 5);
  scene.called.length = 0;
  for (let call = 0; call < 10; call += 1) assert.deepEqual(await scene.call(answer), { value: 'b' });
  scene.clock.advance(1_000);
  isDown = false;
  for (let call = 0; call < 10; call += 1) await scene.call(answer);
  assert.equal(scene.called.filter((id) => id === 'a').length, 5);
  assert.deepEqual(
    scene.events.map(({ type }) => type),
    ['shut', 'reopened'],
  );
});

test('while one call probes an instance the others are answered by another one, and spend no try on it', async () => {
  const scene = new Scene(['a', 'b'], { ejection: false, retry: false, breaker: { openFor: '1s' } });
  const failing = (target: { id: string }): string => {
    if (target.id === 'a') throw lost();
    return target.id;
  };
  for (let call = 0; call < 10; call += 1) await scene.call(failing);
  scene.clock.advance(1_000);
  scene.called.length = 0;
  const waiting = Array.from({ length: 6 }, () =>
    scene.begin(async (target) => {
      await after(scene.clock, 20, undefined);
      return target.id;
    }),
  );
  await turn();
  scene.clock.advance(20);
  const ids = await Promise.all(waiting);
  assert.equal(ids.filter((id) => id === 'a').length, 1);
  assert.equal(scene.called.length, 6);
  assert.ok(scene.orders.figures.passedOver > 0);
});

test('a limit of a try that is over counts against the instance; a caller who gives up does not', async () => {
  const scene = new Scene(['a'], {
    tryTimeout: '100ms',
    retry: false,
    breaker: { rule: { kind: 'consecutive', failures: 2 } },
  });
  for (let call = 0; call < 5; call += 1) await scene.call(hanging, { timeout: 50 });
  assert.equal(scene.called.length, 5);
  await scene.call(hanging);
  await scene.call(hanging);
  const ended = await scene.call(hanging);
  assert.equal(codeOf(ended), 'no-instance');
  assert.equal(scene.called.length, 7);
});

test('a call that nobody waits for is under way at its instance until it has really ended', async () => {
  const scene = new Scene(['a', 'b'], {
    picker: 'least-connections',
    tryTimeout: '10ms',
    retry: false,
    breaker: false,
  });
  let finish: ((value: unknown) => void) | undefined;
  const stubborn = () =>
    new Promise((resolve) => {
      finish = resolve;
    });
  await scene.call(stubborn);
  const [busy] = scene.called;
  for (let call = 0; call < 4; call += 1)
    assert.notDeepEqual(await scene.call(({ id }) => id), { value: busy });
  finish?.('late');
  await turn();
  const free = new Set<unknown>();
  for (let call = 0; call < 4; call += 1)
    free.add(((await scene.call(({ id }) => id)) as { value: unknown }).value);
  assert.equal(free.has(busy), true);
});

test('who drains is given nothing new, and what it has is finished', async () => {
  const scene = new Scene(['a', 'b'], { retry: false });
  const first = scene.begin(() => after(scene.clock, 100, 'finished'));
  await turn();
  const [draining] = scene.called;
  scene.replace(
    [{ id: 'a' }, { id: 'b' }].map(({ id }) => ({ id, status: id === draining ? 'draining' : 'passing' })),
  );
  for (let call = 0; call < 10; call += 1) await scene.call(({ id }) => id);
  assert.equal(scene.called.filter((id) => id === draining).length, 1);
  scene.clock.advance(100);
  assert.equal(await first, 'finished');
});

test('only instances that the query wants are called', async () => {
  const scene = new Scene(
    [
      { id: 'a', version: '1.0.0' },
      { id: 'b', version: '2.1.0' },
      { id: 'c', version: '2.0.0', tags: ['canary'] },
    ],
    { query: { version: '^2.0.0', tags: [] } },
  );
  for (let call = 0; call < 6; call += 1) await scene.call(({ id }) => id);
  assert.deepEqual(new Set(scene.called), new Set(['b', 'c']));
});

test('calls with one key go to one instance, and their key is theirs', async () => {
  const scene = new Scene(['a', 'b', 'c', 'd'], { picker: 'maglev' });
  const keys = new Set<unknown>();
  for (let call = 0; call < 8; call += 1) {
    await scene.call((_, { key }) => keys.add(key), { key: 'customer/7' });
  }
  assert.equal(new Set(scene.called).size, 1);
  assert.deepEqual([...keys], ['customer/7']);
});

test('a service has one client, whose options are given once', async () => {
  const scene = new Scene(['a']);
  assert.equal(scene.services.service('orders'), scene.orders);
  assert.throws(() => scene.services.service('orders', { deadline: '1s' }), { code: 'invalid-option' });
  assert.throws(() => scene.services.service(''), { code: 'invalid-option' });
  await scene.services.close();
  assert.throws(() => scene.services.service('orders'), { code: 'closed' });
});

test('weights that are none and dead addresses in a snapshot cost no call its answer', async () => {
  const scene = new Scene([
    { id: 'zero', weight: 0 },
    { id: 'endless', weight: Number.POSITIVE_INFINITY },
    { id: 'dead', address: { host: '127.0.0.1', port: 1 } },
    'well',
  ]);
  let answered = 0;
  for (let call = 0; call < 200; call += 1) {
    const ended = await scene.call(({ id }) => {
      if (id === 'dead') throw refused();
      return id;
    });
    if ('value' in ended) answered += 1;
  }
  assert.equal(answered, 200);
  assert.equal(scene.orders.figures.balancing.weightsRefused, 2);
  assert.ok(scene.called.filter((id) => id === 'dead').length <= 6);
});

test('an instance that a predicate holds guilty is set aside, and one whose error is an answer is not', async () => {
  const scene = new Scene(['a', 'b', 'c'], {
    breaker: false,
    retry: false,
    failure: (error) => !(error instanceof RangeError),
    failureResult: (value) => value === 'bad',
  });
  const answer = ({ id }: { id: string }): string => {
    if (id === 'a') throw new RangeError('not found');
    return id === 'b' ? 'bad' : 'good';
  };
  for (let call = 0; call < 30; call += 1) await scene.call(answer);
  const ejected = scene.events.filter(({ type }) => type === 'ejected');
  assert.deepEqual(ejected, [
    { type: 'ejected', service: 'orders', instance: 'b', cause: 'consecutive-failures', forMs: 30_000 },
  ]);
});

test('panic is told when it begins and when it is over', async () => {
  const ill = (id: string) => ({ id, status: 'critical' as const });
  const scene = new Scene([ill('a'), ill('b'), 'c'], { panicBelow: 0.5 });
  await scene.call(({ id }) => id);
  scene.replace(['a', 'b', 'c']);
  assert.deepEqual(
    scene.events.map(({ type }) => type),
    ['panic', 'panic-over'],
  );
  assert.equal(scene.orders.figures.balancing.panicPicks, 1);
});

test('its figures tell of calls and of what is known', async () => {
  const scene = new Scene(['a', { id: 'b', status: 'draining' }]);
  await scene.call(() => 'done');
  await scene.call(() => {
    throw lost();
  });
  const [figures] = scene.services.figures;
  assert.equal(figures?.calls.succeeded, 1);
  assert.deepEqual([...(figures?.calls.failed ?? [])], [['network-failed', 1]]);
  assert.deepEqual(figures?.availability, {
    known: 2,
    usable: 1,
    draining: 1,
    shut: 0,
    critical: 0,
    ejected: 0,
  });
  assert.equal(figures?.balancing.picks, 2);
});

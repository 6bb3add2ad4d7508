/** Connections and sessions against a server by script, on a clock that stands still until it is told to go on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine } from '../../../src/engines/port/index.ts';
import {
  openZookeeper,
  type ZookeeperCapabilities,
  type ZookeeperOptions,
} from '../../../src/engines/zookeeper/index.ts';
import { kinds } from '../../../src/engines/zookeeper/wire/index.ts';
import { LocalNetwork } from '../../../src/net/index.ts';
import { realRandom } from '../../../src/ports/real/index.ts';
import { ManualClock, until } from '../../net/manual-clock.ts';
import { ScriptedServer } from './scripted-server.ts';
import { granted } from './server-bytes.ts';

interface Scene {
  readonly clock: ManualClock;
  readonly network: LocalNetwork;
  readonly server: ScriptedServer;
  open(options?: ZookeeperOptions, url?: string): Promise<Engine<ZookeeperCapabilities>>;
}

async function scene(): Promise<Scene> {
  const clock = new ManualClock();
  const network = new LocalNetwork(clock);
  const server = await ScriptedServer.start(network, 1);
  return {
    clock,
    network,
    server,
    open: (options = {}, url = 'zookeeper://zk:1') =>
      openZookeeper(url, { clock, network, random: realRandom(), ...options }),
  };
}

/** Moves the clock in small steps until it holds. */
async function passing(clock: ManualClock, holds: () => boolean, what: string): Promise<void> {
  for (let steps = 0; !holds(); steps += 1) {
    assert.ok(steps < 2_000, `never came: ${what}`);
    clock.advance(50);
    for (let turns = 0; turns < 8; turns += 1) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function settled<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isOver = false;
  const over = (): void => {
    isOver = true;
  };
  promise.then(over, over);
  await passing(clock, () => isOver, 'a settled promise');
  return await promise;
}

test('the limits of sessions are those that the servers grant', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  assert.deepEqual([engine.limits.ttlMsMin, engine.limits.ttlMsMax], [4_000, 40_000]);
  await assert.rejects(engine.session({ ttlMs: 3_000 }), { code: 'ttl-out-of-range' });
  server.onGreeting = () => granted({ session: '00000000000000aa', timeoutMs: 7_000 });
  await assert.rejects(settled(clock, engine.session({ ttlMs: 10_000 })), {
    code: 'ttl-out-of-range',
    data: { ttlMs: 10_000, limitMs: 7_000 },
  });
  await engine.close();
});

test('a half-open connection is given up, and its read answered by the next', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  server.put('/quorate/a/b', 'there');
  let silences = 2;
  server.onAsked = () => {
    silences -= 1;
    return silences >= 0 ? 'silence' : undefined;
  };
  const greeted = server.greetings.length;
  const item = await settled(clock, engine.get('a/b'));
  assert.equal(new TextDecoder().decode(item?.value), 'there');
  assert.ok(server.greetings.length > greeted, 'on a new connection');
  await engine.close();
});

test('an idle connection is asked whether it lives, and left when it says nothing', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  const pings = (): number => server.asked.filter((kind) => kind === kinds.ping).length;
  await passing(clock, () => pings() >= 2, 'pings that are answered');
  const greeted = server.greetings.length;
  server.onAsked = ({ kind }) => (kind === kinds.ping ? 'silence' : undefined);
  await passing(clock, () => server.greetings.length > greeted, 'a new connection');
  await engine.close();
});

test('a session is suspended with its connection, taken along to the next, and back', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  const session = await settled(clock, engine.session({ ttlMs: 10_000 }));
  const states: string[] = [];
  session.subscribe((state) => states.push(state));
  server.onGreeting = () => 'close';
  server.cut();
  await passing(clock, () => session.state === 'suspended', 'the suspension');
  server.onGreeting = () => undefined;
  await passing(clock, () => session.state === 'reconnected', 'the return');
  assert.deepEqual([session.isLive, states], [true, ['suspended', 'reconnected']]);
  assert.ok(
    server.greetings.some((one) => one.session === session.id),
    'by its name',
  );
  await settled(clock, engine.close());
});

test('a session that has another connection at once is not suspended, nor by a renewal that began on the lost one', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  const session = await settled(clock, engine.session({ ttlMs: 12_000 }));
  const syncs = (): number => server.asked.filter((kind) => kind === kinds.sync).length;
  const pings = (): number => server.asked.filter((kind) => kind === kinds.ping).length;
  const before = syncs();
  await passing(clock, () => syncs() > before, 'a renewal');
  const states: string[] = [];
  session.subscribe((state) => states.push(state));
  const asked = pings();
  await passing(clock, () => pings() > asked + 2, 'the ping of the next one');
  server.cut();
  const renewed = syncs();
  await passing(clock, () => syncs() > renewed + 2, 'further renewals');
  assert.deepEqual([session.isLive, states], [true, []]);
  await settled(clock, engine.close());
});

test('the end of a session is waited for no longer than a call is', async () => {
  const { clock, open, server } = await scene();
  const engine = await open({ deadline: '3s' });
  const session = await settled(clock, engine.session({ ttlMs: 20_000 }));
  server.onGreeting = () => 'silence';
  server.cut();
  const beganMs = clock.now();
  await settled(clock, engine.close());
  assert.ok(clock.now() - beganMs < 10_000);
  assert.equal(session.state, 'lost');
});

test('a session that the server has let expire is over, for its reason', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  const session = await settled(clock, engine.session({ ttlMs: 10_000 }));
  server.onGreeting = ({ session: name }) =>
    name === session.id ? granted({ session: '0'.repeat(16), timeoutMs: 0 }) : undefined;
  server.cut();
  await passing(clock, () => session.over.aborted, 'its end');
  assert.match(String(session.over.reason), /session-expired|is over/);
  const put = { kind: 'put', key: 'a/b', value: new Uint8Array(0), session } as const;
  await assert.rejects(engine.transact({ operations: [put] }), {
    code: 'session-expired',
    outcome: 'not-applied',
  });
  assert.equal(await settled(clock, engine.get('a/none')), undefined, 'the engine goes on');
  await settled(clock, engine.close());
});

test('a server that answers pings and has lost its leader does not keep a session alive', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  const session = await settled(clock, engine.session({ ttlMs: 10_000 }));
  const sync = server.asked.filter((kind) => kind === kinds.sync).length;
  await passing(
    clock,
    () => server.asked.filter((kind) => kind === kinds.sync).length > sync + 2,
    'renewals',
  );
  assert.equal(session.isLive, true);
  const lastAnswerAt = clock.now();
  // Whoever reconnects is heard by the leader, so nobody may.
  server.onGreeting = () => 'close';
  server.onAsked = ({ kind }) => (kind === kinds.sync ? 'silence' : undefined);
  await passing(clock, () => session.over.aborted, 'its end');
  assert.ok(clock.now() - lastAnswerAt < 10_000, 'before the leader lets it expire');
  await settled(clock, engine.close());
});

const strangers: readonly (readonly [name: string, words: Uint8Array])[] = [
  ['HTTP', new TextEncoder().encode('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['Redis', new TextEncoder().encode("-ERR unknown command ''\r\n")],
  [
    'HTTP/2',
    Uint8Array.of(0, 0, 18, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100, 0, 4, 0, 0x10, 0, 0, 0, 6, 0, 0, 0x20, 0),
  ],
  ['another version', Uint8Array.of(0, 0, 0, 20, 0, 0, 0, 9, ...new Uint8Array(16))],
];

for (const [name, words] of strangers)
  test(`${name} on that port is told as another protocol`, async () => {
    const { clock, open, server } = await scene();
    server.onGreeting = () => words.slice();
    await assert.rejects(settled(clock, open()), { code: 'engine-protocol' });
  });

test('nobody on that port is told with the address, within the deadline', async () => {
  const { clock, open } = await scene();
  const opening = open({ deadline: '2s' }, 'zookeeper://zk:7,zk:8');
  const beganMs = clock.now();
  await assert.rejects(settled(clock, opening), { code: 'engine-unreachable', message: /zk:[78]/ });
  assert.ok(clock.now() - beganMs <= 2_100);
});

test('a server that says nothing is told as such', async () => {
  const { clock, open, server } = await scene();
  server.onGreeting = () => 'silence';
  await assert.rejects(settled(clock, open({ deadline: '20s' })), {
    code: 'engine-unreachable',
    message: /no answer within/,
  });
});

test('refused credentials end the engine with what to mend', async () => {
  const { clock, open, server } = await scene();
  server.refusesAuth = true;
  await assert.rejects(settled(clock, open({}, 'zookeeper://ann:wrong@zk:1')), {
    code: 'engine-unauthenticated',
  });
});

test('a release without persistent watches is too old, and says which it is', async () => {
  const { clock, open, server } = await scene();
  server.onAsked = ({ kind }) => (kind === kinds.getEphemerals ? { error: -6 } : undefined);
  await assert.rejects(settled(clock, open()), { code: 'engine-too-old', message: /3\.5\.9.*3\.6/ });
});

test('servers that are all behind what was seen have lost data; one that lags has not', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  server.put('/quorate/a/b', 'there');
  await settled(clock, engine.get('a/b'));
  const { zxid } = server;
  // It lags: a new session, which a majority agrees to, shows that what was seen is still there.
  server.onGreeting = ({ lastZxid }) => (lastZxid > 0 ? 'close' : undefined);
  const questions = (): number => server.greetings.filter(({ lastZxid }) => lastZxid === 0).length;
  const asked = questions();
  server.cut();
  await passing(clock, () => questions() > asked + 1, 'the question, and the next');
  server.onGreeting = () => undefined;
  assert.equal(new TextDecoder().decode((await settled(clock, engine.get('a/b')))?.value), 'there');
  server.zxid = zxid - 50;
  server.cut();
  await assert.rejects(settled(clock, engine.get('a/b')), { code: 'engine-data-lost' });
  await engine.close();
});

test('an append whose answer was lost is found, and not made again', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  for (const path of ['/quorate', '/quorate/locks']) server.put(path);
  let transactions = 0;
  server.onAsked = ({ kind }) => {
    if (kind !== kinds.multi) return undefined;
    transactions += 1;
    return { closesBehind: () => void server.put('/quorate/locks/_c_abcdefgh-lock-0000000004') };
  };
  const append = {
    kind: 'append',
    directory: 'locks',
    label: 'lock',
    id: 'abcdefgh',
    value: new Uint8Array(0),
  } as const;
  const answer = await settled(clock, engine.transact({ operations: [append] }));
  const created = server.nodes.get('/quorate/locks/_c_abcdefgh-lock-0000000004')?.state.czxid;
  assert.deepEqual(answer.succeeded && answer.results, [
    { kind: 'append', key: 'locks/_c_abcdefgh-lock-0000000004', created },
  ]);
  assert.equal(transactions, 1);
  await engine.close();
});

test('a change whose answer was lost is unknown, and one that was not sent has not happened', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  for (const path of ['/quorate', '/quorate/a', '/quorate/a/b']) server.put(path);
  server.onAsked = ({ kind }) => (kind === kinds.multi ? 'close' : undefined);
  const write = (): Promise<unknown> =>
    engine.transact({ operations: [{ kind: 'put', key: 'a/b', value: new Uint8Array(1) }] });
  await assert.rejects(settled(clock, write()), { code: 'engine-unreachable', outcome: 'unknown' });
  server.onAsked = ({ kind }) => (kind === kinds.multi ? 'silence' : undefined);
  await assert.rejects(settled(clock, write()), { outcome: 'unknown' });
  server.onGreeting = () => 'close';
  server.cut();
  await assert.rejects(settled(clock, write()), { code: 'deadline-exceeded', outcome: 'not-applied' });
  await engine.close();
});

test('a watch that lost its connection begins anew with what is there', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  for (const path of ['/quorate', '/quorate/a', '/quorate/a/b']) server.put(path);
  const watch = engine.watch({ directory: 'a' });
  const keysOf = async (): Promise<unknown> => {
    const { value } = await settled(clock, watch.next());
    return value?.kind === 'present'
      ? value.items.map(({ key }) => key)
      : value?.events.map(({ kind, key }) => [kind, key]);
  };
  assert.deepEqual(await keysOf(), ['a/b']);
  server.put('/quorate/a/c');
  server.tell(1, '/quorate/a/c');
  assert.deepEqual(await keysOf(), [['put', 'a/c']]);
  server.nodes.delete('/quorate/a/b');
  server.cut();
  assert.deepEqual(await keysOf(), ['a/c']);
  await watch.return();
  await engine.close();
});

test('a reader that does not keep up costs no more than the bound, and goes on with what is there', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  for (const path of ['/quorate', '/quorate/a', '/quorate/a/b']) server.put(path);
  const watch = engine.watch({ directory: 'a' });
  await settled(clock, watch.next());
  const reads = (): number => server.asked.filter((kind) => kind === kinds.getData).length;
  for (let at = 0; at < 4_200; at += 1) {
    const before = reads();
    server.put('/quorate/a/b', String(at));
    server.tell(3, '/quorate/a/b');
    if (at < 4_090) await until(() => reads() > before, 'the reading of what was told');
    else await new Promise((resolve) => setImmediate(resolve));
  }
  const first = await settled(clock, watch.next());
  assert.equal(first.value?.kind, 'present', 'what waited was dropped');
  assert.equal(
    first.value?.kind === 'present' && new TextDecoder().decode(first.value.items[0]?.value),
    '4199',
  );
  await watch.return();
  await engine.close();
});

test('behind the end of an engine no timer and no connection is left', async () => {
  const { clock, open, server } = await scene();
  const engine = await open();
  await settled(clock, engine.session({ ttlMs: 10_000 }));
  const watch = engine.watch({ directory: 'a' });
  await settled(clock, watch.next());
  await settled(clock, engine.close());
  await until(() => server.connections === 0, 'the end of all connections');
  assert.equal(clock.timers, 0);
});

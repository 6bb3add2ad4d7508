/** The election on a real store in memory: one leader, known to all, and the next one when it is gone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Leadership } from '../../src/recipes/index.ts';
import { until } from '../net/manual-clock.ts';
import { Town } from './town.ts';

const places = 'elections/main';

test('the first candidate leads, and the next one when it resigns', async () => {
  await using town = await Town.open();
  const [one, two] = [await town.program({ holder: 'one' }), await town.program({ holder: 'two' })];
  const first = await one.coordination.election('main').campaign();
  const election = two.coordination.election('main');
  const waiting = election.campaign({ value: 'two at 10.0.0.2' });
  await town.untilItems(places, 2);
  const { key, token, text } = (await election.leader()) ?? {};
  assert.deepEqual({ key, token, text }, { key: first.key, token: first.token, text: 'one' });
  await first.resign();
  const second = await waiting;
  assert.ok(second.token > first.token);
  assert.equal((await election.leader())?.text, 'two at 10.0.0.2');
  await second.resign();
  assert.equal(await election.leader(), undefined);
});

test('who observes hears who leads and what is said, each once', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  const election = coordination.election('main');
  const heard: (string | undefined)[] = [];
  const observing = (async () => {
    for await (const leader of election.observe()) {
      heard.push(leader?.text);
      if (heard.length === 6) return;
    }
  })();
  await until(() => heard.length === 1, 'nobody leads');
  const first = await election.campaign({ value: 'a' });
  const second = election.campaign({ value: 'b' });
  await town.untilItems(places, 2);
  await until(() => heard.length === 2, 'the first leads');
  await first.proclaim('a again');
  await until(() => heard.length === 3, 'it says something else');
  await first.resign();
  const last = await second;
  await until(() => heard.length === 4, 'the second leads');
  await last.resign();
  await until(() => heard.length === 5, 'nobody leads');
  await election.campaign({ value: 'c' });
  await observing;
  assert.deepEqual(heard, [undefined, 'a', 'a again', 'b', undefined, 'c']);
});

test('an observer ends with its signal, with its coordination, and when it is left', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  const election = coordination.election('main');
  const leaving = new AbortController();
  const observed = election.observe({ signal: leaving.signal });
  assert.deepEqual(await observed.next(), { done: false, value: undefined });
  const rejected = assert.rejects(observed.next(), { message: 'enough' });
  leaving.abort(new Error('enough'));
  await rejected;
  const other = election.observe();
  await other.next();
  const closed = assert.rejects(other.next(), { code: 'closed' });
  await coordination.close();
  await closed;
});

test('a leader that was superseded says nothing any more', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const leadership = await coordination.election('main').campaign({ value: 'old' });
  await engine.sessions[0]?.endUnheard();
  assert.equal(leadership.isHeld, true, 'it has not heard');
  await assert.rejects(leadership.proclaim('still here'), { code: 'not-held' });
  assert.equal(leadership.isHeld, false);
  assert.deepEqual(await town.items(places), []);
});

test('who leads again and again stands for election when leadership is lost', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const terms: Leadership[] = [];
  const leading = coordination.election('main').lead(async (leadership) => {
    terms.push(leadership);
    if (terms.length === 3) return 'done';
    await new Promise((_, reject) => {
      leadership.signal.addEventListener('abort', () => reject(leadership.signal.reason), { once: true });
    });
    return 'not reached';
  });
  await until(() => terms.length === 1, 'the first term');
  engine.isHeard = false;
  await engine.pass(10_000);
  engine.isHeard = true;
  await engine.pass(2_000);
  await until(() => terms.length === 2, 'the second term');
  engine.clock.stall(20_000);
  await engine.pass(1_000);
  assert.equal(await leading, 'done');
  const tokens = terms.map(({ token }) => token);
  assert.deepEqual(
    tokens,
    tokens.toSorted((left, right) => left - right),
  );
  await town.untilItems(places, 0);
});

test('who leads ends with the task, whether it returns or throws', async () => {
  await using town = await Town.open();
  const { coordination } = await town.program();
  const election = coordination.election('main');
  assert.equal(await election.lead(({ token }) => token > 0), true);
  const failed = election.lead(() => {
    throw new Error('the task failed');
  });
  await assert.rejects(failed, { message: 'the task failed' });
  await town.untilItems(places, 0);
});

test('who leads goes on standing for election while the server cannot be reached, until its signal', async () => {
  await using town = await Town.open();
  const { engine, coordination } = await town.program();
  const election = coordination.election('main');
  engine.fault = 'refused';
  const leaving = new AbortController();
  const given = assert.rejects(
    election.lead(() => 1, { signal: leaving.signal }),
    { message: 'enough' },
  );
  await until(() => engine.clock.foreground === 1, 'a pause');
  leaving.abort(new Error('enough'));
  await given;
  const leading = election.lead(() => 2);
  await until(() => engine.clock.foreground === 1, 'a pause');
  engine.fault = 'none';
  await engine.pass(2_000);
  assert.equal(await leading, 2);
});

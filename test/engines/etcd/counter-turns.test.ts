/** Who adds to one counter comes after those before, within the limits of its call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Calls } from '../../../src/engines/etcd/calls.ts';
import { CounterTurns } from '../../../src/engines/etcd/counter-turns.ts';
import { Members } from '../../../src/engines/etcd/members.ts';
import { etcdSettings } from '../../../src/engines/etcd/options.ts';
import { realRandom } from '../../../src/ports/real/index.ts';
import { ManualClock, turn } from '../../net/manual-clock.ts';

function lined(): { clock: ManualClock; calls: Calls; turns: CounterTurns } {
  const clock = new ManualClock();
  const settings = etcdSettings('etcd://127.0.0.1:1', {}, { clock, random: realRandom() });
  const calls = new Calls(new Members(settings), settings);
  return { clock, calls, turns: new CounterTurns(calls) };
}

test('turns come in the order of asking, and each ends before the next begins', async () => {
  const { calls, turns } = lined();
  const order: string[] = [];
  const add = async (name: string): Promise<void> => {
    const end = await turns.take(['a/b'], calls.limits({}));
    order.push(`${name} begins`);
    await turn();
    order.push(`${name} ends`);
    end();
  };
  await Promise.all([add('one'), add('two')]);
  assert.deepEqual(order, ['one begins', 'one ends', 'two begins', 'two ends']);
});

test('who gives up waiting lets nobody pass who was behind, and leaves no timer', async () => {
  const { clock, calls, turns } = lined();
  const first = await turns.take(['a/b'], calls.limits({}));
  const second = turns.take(['a/b'], calls.limits({ deadline: 100 }));
  let isThird = false;
  const third = turns.take(['a/b'], calls.limits({})).then((end) => {
    isThird = true;
    return end;
  });
  const refused = assert.rejects(second, { code: 'deadline-exceeded', outcome: 'not-applied' });
  clock.advance(100);
  await refused;
  await turn();
  assert.equal(isThird, false);
  first();
  (await third)();
  assert.equal(clock.timers, 0);
});

test('two that need the same counters do not wait for each other', async () => {
  const { calls, turns } = lined();
  const first = await turns.take(['a/b', 'a/c'], calls.limits({}));
  const second = turns.take(['a/c', 'a/b'], calls.limits({}));
  first();
  (await second)();
});

test('what is remembered is bounded, and the oldest goes', () => {
  const { turns } = lined();
  for (let at = 0; at <= 1_024; at += 1)
    turns.learn(`a/${at}`, { key: '', value: new Uint8Array(0), created: 1, modified: at, lease: '' });
  assert.deepEqual([turns.known('a/0'), turns.known('a/1')?.modified], [undefined, 1]);
});

/** Items under names that one may have at a time, whose makers gave up before they heard what became of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { QuorateError } from '../../src/base/index.ts';
import { coordinate } from '../../src/recipes/index.ts';
import { Scene } from '../engines/quorate-scene.ts';
import { failsWith } from '../ports/expectations.ts';

test('who gave up joining is not joined by a request that arrives late, and the name is free', async () => {
  await using scene = new Scene();
  const coordination = coordinate(await scene.engine());
  const web = coordination.group<number>('web');
  await web.join('first', 1);
  const leaving = new AbortController();
  const sent = scene.requests.length;
  scene.next = 'late';
  const joining = web.join('second', 2, { signal: leaving.signal });
  const given = assert.rejects(joining, { message: 'no patience' });
  while (scene.requests.length === sent) await turn();
  leaving.abort(new Error('no patience'));
  await given;
  // 1 it is given up; 2 something else is asked under its session; 3 the request arrives.
  while (scene.requests.length === sent + 1) await turn();
  assert.deepEqual(scene.deliver(), ['stale-request']);
  assert.deepEqual(
    (await web.list()).map(({ name }) => name),
    ['first'],
  );
  assert.equal((await web.join('second', 3)).isMember, true);
});

test('who gave up joining unheard leaves, as soon as the server answers', async () => {
  await using scene = new Scene();
  const coordination = coordinate(await scene.engine());
  const web = coordination.group<number>('web');
  await web.join('first', 1);
  const leaving = new AbortController();
  const sent = scene.requests.length;
  scene.next = 'unheard';
  const joining = web.join('second', 2, { signal: leaving.signal });
  const given = assert.rejects(joining, { message: 'no patience' });
  while (scene.requests.length === sent) await turn();
  leaving.abort(new Error('no patience'));
  await given;
  while ((await web.list()).length > 1) await turn();
});

test('an older request that hangs lets none of those behind it arrive late', async () => {
  await using scene = new Scene();
  const coordination = coordinate(await scene.engine());
  const web = coordination.group<number>('web');
  await web.join('first', 1);
  const sent = scene.requests.length;
  scene.next = 'late';
  const older = web.join('older', 2).catch(() => 'unheard');
  while (scene.requests.length === sent) await turn();
  const leaving = new AbortController();
  scene.next = 'late';
  const joining = web.join('second', 3, { signal: leaving.signal });
  const given = assert.rejects(joining, { message: 'no patience' });
  while (scene.requests.length === sent + 1) await turn();
  leaving.abort(new Error('no patience'));
  await given;
  // 1 it is given up, while the older one is open; 2 both arrive, unheard; 3 the older one is given up as well.
  for (let turns = 0; turns < 100; turns += 1) await turn();
  scene.deliver();
  let names: readonly string[] = ['second'];
  while (names.includes('second')) {
    scene.cluster.clock.advance(100);
    await turn();
    names = (await web.list()).map(({ name }) => name);
  }
  assert.equal(await older, 'unheard');
});

test('an end of the wait that says of itself that nothing was done says nothing of the request', async () => {
  await using scene = new Scene();
  const coordination = coordinate(await scene.engine());
  const web = coordination.group<number>('web');
  await web.join('first', 1);
  const leaving = new AbortController();
  const sent = scene.requests.length;
  scene.next = 'unheard';
  const given = failsWith('deadline-exceeded', web.join('second', 2, { signal: leaving.signal }));
  while (scene.requests.length === sent) await turn();
  const [message, data] = ['waited in vain', { milliseconds: 100 }] as const;
  leaving.abort(new QuorateError({ code: 'deadline-exceeded', message, data, outcome: 'not-applied' }));
  await given;
  while ((await web.list()).length > 1) await turn();
});

/** Items under names that one may have at a time, whose makers gave up before they heard what became of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { QuorateError } from '../../src/base/index.ts';
import { coordinate, type Group } from '../../src/recipes/index.ts';
import { Scene } from '../engines/quorate-scene.ts';

const noPatience = new Error('no patience');

/** A group with one member, by a session that is there from then on. */
async function groupOfOne(scene: Scene): Promise<Group<number>> {
  const web = coordinate(await scene.engine()).group<number>('web');
  await web.join('first', 1);
  return web;
}

/** A second one asks to join, this becomes of the request, and then he gives up; resolves when he has heard so. */
async function givenUp(
  scene: Scene,
  web: Group<number>,
  { next, reason = noPatience }: { readonly next: 'late' | 'unheard'; readonly reason?: Error },
): Promise<void> {
  const leaving = new AbortController();
  const sent = scene.requests.length;
  scene.next = next;
  const joining = web.join('second', 2, { signal: leaving.signal });
  const given = assert.rejects(joining, (error) => error === reason);
  while (scene.requests.length === sent) await turn();
  leaving.abort(reason);
  await given;
}

test('who gave up joining is not joined by a request that arrives late, and the name is free', async () => {
  await using scene = new Scene();
  const web = await groupOfOne(scene);
  const sent = scene.requests.length;
  await givenUp(scene, web, { next: 'late' });
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
  const web = await groupOfOne(scene);
  await givenUp(scene, web, { next: 'unheard' });
  while ((await web.list()).length > 1) await turn();
});

test('an older request that hangs lets none of those behind it arrive late', async () => {
  await using scene = new Scene();
  const web = await groupOfOne(scene);
  const sent = scene.requests.length;
  scene.next = 'late';
  const older = web.join('older', 2).catch(() => 'unheard');
  while (scene.requests.length === sent) await turn();
  await givenUp(scene, web, { next: 'late' });
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
  const web = await groupOfOne(scene);
  const [message, data] = ['waited in vain', { milliseconds: 100 }] as const;
  const reason = new QuorateError({ code: 'deadline-exceeded', message, data, outcome: 'not-applied' });
  await givenUp(scene, web, { next: 'unheard', reason });
  while ((await web.list()).length > 1) await turn();
});

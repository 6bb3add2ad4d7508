/** `quorate watch` at three real nodes, one of which dies while it goes on. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Ended, Running, runHere, ServedCluster } from './command.ts';

let cluster: ServedCluster;

before(async () => {
  cluster = await ServedCluster.start(3);
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
});

function at(...words: string[]): Promise<Ended> {
  return runHere([...words, '--endpoints', cluster.endpoints, '--timeout', '60s']);
}

/** Until it is known to be there: what was cut off by the loss of a node may or may not have been done. */
async function putOnce(key: string, value: string): Promise<void> {
  let code = 3;
  while (code > 1) ({ code } = await at('put', key, value, '--if-absent'));
}

test('a watch tells of every change through the loss of a node, and ends with 0 on Ctrl-C', async (t) => {
  const watch = new Running('watch', 'watched/', '--prefix', '--json', '--endpoints', cluster.endpoints);
  t.after(() => watch.end('SIGKILL'));
  await watch.until(() => watch.stderr.some((line) => line.includes('every change behind')));
  await putOnce('watched/a', '1');
  await watch.until(() => watch.stdout.length === 1);
  const lost = await cluster.leader();
  await cluster.kill(lost);
  await putOnce('watched/b', '2');
  await cluster.startNode(lost);
  await putOnce('watched/c', '3');
  let code = 3;
  while (code !== 0) ({ code } = await at('del', 'watched/', '--prefix'));
  await watch.until(() => watch.stdout.length >= 6);
  const events = watch.stdout.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(
    events.map(({ kind, key, value }) => [kind, key, value]),
    [
      ['put', 'watched/a', '1'],
      ['put', 'watched/b', '2'],
      ['put', 'watched/c', '3'],
      ['delete', 'watched/a', undefined],
      ['delete', 'watched/b', undefined],
      ['delete', 'watched/c', undefined],
    ],
  );
  assert.equal(await watch.end('SIGINT'), 0);
  const again = await at('watch', 'watched/a', '--from', '1', '--limit', '2');
  assert.match(again.stdout, /^\d+\tput\twatched\/a\t1\n\d+\tdelete\twatched\/a\n$/);
});

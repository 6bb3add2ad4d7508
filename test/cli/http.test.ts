/** What three real nodes say of themselves over HTTP, while all is well and when two of them are gone. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Answer, askDoor } from './asking.ts';
import { freePorts, runHere, ServedCluster } from './command.ts';

let cluster: ServedCluster;
let httpPort = 0;

before(async () => {
  httpPort = await freePorts();
  cluster = await ServedCluster.start(3, (place) => ['--http', `127.0.0.1:${httpPort + place}`]);
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
});

function ask(place: number, path: string, method?: string): Promise<Answer> {
  return askDoor(httpPort + place, path, method);
}

async function untilStatus(place: number, path: string, wanted: number): Promise<Answer> {
  while (true) {
    const answer = await ask(place, path);
    if (answer.status === wanted) return answer;
  }
}

async function metric(place: number, name: string): Promise<number> {
  const { body } = await ask(place, '/metrics');
  const line = body.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

test('a write shows in the metrics of the leader', async () => {
  const leader = await cluster.leader();
  const commands = 'quorate_node_requests_total{kind="command"}';
  const earlier = [
    await metric(leader, commands),
    await metric(leader, 'quorate_storage_flush_seconds_count'),
  ];
  await runHere(['put', 'a', 'b', '--endpoints', cluster.endpoints, '--timeout', '60s']);
  assert((await metric(leader, commands)) > (earlier[0] as number));
  assert((await metric(leader, 'quorate_storage_flush_seconds_count')) > (earlier[1] as number));
  assert((await metric(leader, 'quorate_mvcc_revision')) >= 1);
  assert((await metric(leader, 'quorate_node_resident_bytes')) > 1_000_000);
  const { type } = await ask(leader, '/metrics');
  assert.equal(type, 'text/plain; version=0.0.4; charset=utf-8');
});

test('every node is ready while a majority is there, followers too', async () => {
  for (const place of [0, 1, 2]) {
    const answer = await untilStatus(place, '/readyz', 200);
    assert.deepEqual(JSON.parse(answer.body), { ready: true, state: 'running', reasons: [] });
  }
});

test('what is not there, and what would change something, is refused', async () => {
  assert.equal((await ask(0, '/')).status, 404);
  assert.deepEqual((await ask(0, '/gossip')).body, 'this node does not gossip\n');
  assert.equal((await ask(0, '/metrics', 'POST')).status, 405);
  assert.equal((await ask(0, '/metrics?x=1', 'HEAD')).body, '');
});

test('alone, a node lives and is not ready, and says why', async () => {
  await cluster.kill(1);
  await cluster.kill(2);
  const answer = await untilStatus(0, '/readyz', 503);
  const { ready, reasons } = JSON.parse(answer.body) as { ready: boolean; reasons: string[] };
  assert.equal(ready, false);
  assert.match(reasons.join(), /^group 0 .*; a read through it (failed|took)/);
  assert.equal((await ask(0, '/healthz')).status, 200);
});

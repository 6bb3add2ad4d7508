/** A real server of an ensemble that has lost its majority and goes on answering reads: nobody is told old things. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openZookeeper } from '../../src/engines/zookeeper/index.ts';
import { startedZookeeper, urlOf } from './zookeeper/servers.ts';

const members = await startedZookeeper({ port: 17_680, properties: ['readonlymode.enabled=true'] });

test('a server that serves reads only is told as such within the deadline, and used again with a majority', async () => {
  const put = { kind: 'put', key: 'alone/a', value: new Uint8Array(0) } as const;
  await using engine = await openZookeeper(urlOf(members));
  await engine.transact({ operations: [put], deadline: '20s' });
  await Promise.all([members.stop(1), members.stop(2)]);
  await assert.rejects(engine.transact({ operations: [put], deadline: '2s' }), isAway);
  await assert.rejects(engine.get('alone/a', { deadline: '2s' }), isAway);
  const [alone] = members.endpoints;
  await assert.rejects(
    openZookeeper(`zookeeper://${alone?.host}:${alone?.port}`, { deadline: '2s' }),
    isAway,
  );
  members.start(1);
  members.start(2);
  await members.ready();
  await engine.transact({ operations: [put], deadline: '60s' });
});

/** It takes nobody who wants to write, and closes without a word; so what it may be is all that can be told. */
function isAway({ code, message }: { readonly code: string; readonly message: string }): boolean {
  assert.ok(['engine-unreachable', 'deadline-exceeded'].includes(code), code);
  assert.match(message, /have no majority.*or serve reads only|nobody listens there/);
  return true;
}

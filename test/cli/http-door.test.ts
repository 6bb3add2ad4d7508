/** Questions about a node, where an answer cannot be given. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpDoor } from '../../src/cli/http-door.ts';
import { RecordingLog } from '../net/recording-log.ts';

test('what cannot be told is said so and logged, and the next question is answered', async () => {
  const log = new RecordingLog();
  const broken = new Error('the figures are broken');
  await using door = await HttpDoor.open({
    address: { host: '127.0.0.1', port: 0 },
    log,
    metrics: () => {
      throw broken;
    },
    health: () => ({ status: 'ok' }),
    gossip: () => undefined,
    readiness: () => Promise.reject(broken),
  });
  const ask = async (path: string): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${door.address.port}${path}`);
    assert.ok(!(await response.text()).includes(broken.message), 'what went wrong is for the log');
    return response.status;
  };
  assert.equal(await ask('/metrics'), 500);
  assert.equal(await ask('/readyz'), 500);
  assert.equal(await ask('/healthz'), 200);
  assert.equal(await ask('/gossip'), 404);
  assert.deepEqual(
    log.told.map(({ fields }) => [fields['url'], fields['error']]),
    [
      ['/metrics', broken],
      ['/readyz', broken],
    ],
  );
});

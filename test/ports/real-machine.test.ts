/** The machine as a whole: its ports fit together and leave nothing running. */
import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import type { Machine } from '../../src/ports/index.ts';
import { realLog, realMachine, silentLog } from '../../src/ports/real/index.ts';

test('a machine has all ports, and the network writes to its log', async () => {
  const stream = new PassThrough();
  const machine: Machine = realMachine({ log: realLog({ stream }), loopDelay: { resolutionMs: 50 } });
  assert.ok(machine.clock.now() >= 0);
  assert.ok(machine.random.uint32() >= 0);
  assert.deepEqual(
    await machine.disk
      .list(new URL('.', import.meta.url).pathname)
      .then((names) => names.includes('real-machine.test.ts')),
    true,
  );
  assert.ok(machine.loopDelay.takeMaxMs() >= 0);
  machine.log.info('all here');
  assert.match(String(stream.read()), /all here/);
  machine.loopDelay.close();
});

test('two machines in one process share nothing that one could close for the other', async () => {
  const first = realMachine({ log: silentLog() });
  const second = realMachine({ log: silentLog() });
  first.loopDelay.close();
  const waited = await new Promise((resolve) => second.clock.setTimer(1, () => resolve('waited')));
  assert.equal(waited, 'waited');
  second.loopDelay.close();
});

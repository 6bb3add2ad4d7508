/** From an address to an engine: which one, and what is said of one that is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openEngine } from '../../src/engines/addresses/index.ts';
import type { Engine } from '../../src/engines/port/index.ts';

test('our own addresses open our own engine, with a store that goes with it', async () => {
  await using engine = await openEngine('memory:', { prefix: 'mine/' });
  const whole: Engine<'fencing' | 'survives-failover'> = engine;
  assert.equal(whole.kind, 'quorate');
  await engine.transact({ operations: [{ kind: 'put', key: 'a/b', value: new Uint8Array(1) }] });
  assert.equal((await engine.list('a')).items.length, 1);
});

test('an address that is none is refused, and the message names what may stand there', async () => {
  for (const url of ['', 'nowhere', 'http://127.0.0.1', 'consul://127.0.0.1:8500'])
    await assert.rejects(openEngine(url), { code: 'invalid-option', message: /zookeeper:/ });
});

test('servers that are not there are told apart by their addresses, within the deadline', async () => {
  const schemes = ['etcd', 'zookeeper', 'redis', 'nats', 'postgres'] as const;
  for (const scheme of schemes) {
    const url = scheme === 'postgres' ? 'postgres://nobody@127.0.0.1:9/none' : `${scheme}://127.0.0.1:9`;
    await assert.rejects(openEngine(url, { deadline: '2s' }), {
      code: 'engine-unreachable',
      message: /127\.0\.0\.1:9/,
    });
  }
});

test('what an engine lacks shows when the program is compiled', async () => {
  const lacking = async (): Promise<void> => {
    const engine = await openEngine('nats://127.0.0.1:9', { deadline: '2s' });
    // @ts-expect-error: NATS has no transactions over several keys
    const whole: Engine<'transactions'> = engine;
    await whole.close();
  };
  await assert.rejects(lacking(), { code: 'engine-unreachable' });
});

/** What checks cannot be is refused when they are made, before anything runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Check, watchHealth } from '../../../src/discovery/index.ts';
import { throwsWith } from '../../ports/expectations.ts';
import { healthGround, RememberingTarget } from './health-ground.ts';

const nonsense: readonly (readonly [string, unknown])[] = [
  ['no checks', []],
  ['no list', { kind: 'ttl' }],
  ['nothing', [undefined]],
  ['an unknown kind', [{ kind: 'smoke' }]],
  ['a file as an address', [{ kind: 'http', url: 'file:///etc/passwd' }]],
  ['an address with a password', [{ kind: 'http', url: 'http://me:secret@127.0.0.1/' }]],
  ['a method that fetch refuses', [{ kind: 'http', url: 'http://127.0.0.1/', method: 'TRACE' }]],
  ['a header that splits', [{ kind: 'http', url: 'http://127.0.0.1/', headers: { a: 'b\r\nc: d' } }]],
  ['a status that is none', [{ kind: 'http', url: 'http://127.0.0.1/', passing: [[200, 1000]] }]],
  ['a body of a number', [{ kind: 'http', url: 'http://127.0.0.1/', body: 1 }]],
  ['a port that is none', [{ kind: 'tcp', address: { host: '127.0.0.1', port: 0 } }]],
  ['no address', [{ kind: 'grpc' }]],
  ['no program', [{ kind: 'command', program: '' }]],
  ['an interval of 0', [{ kind: 'own', run: () => true, interval: 0 }]],
  ['a timeout that is no duration', [{ kind: 'own', run: () => true, timeout: 'soon' }]],
  ['a jitter of 1', [{ kind: 'own', run: () => true, jitter: 1 }]],
  ['a threshold of 0', [{ kind: 'own', run: () => true, thresholds: { failing: 0 } }]],
  ['draining as a beginning', [{ kind: 'own', run: () => true, initial: 'draining' }]],
  ['no function', [{ kind: 'own' }]],
  ['a time to live of 0', [{ kind: 'ttl', ttl: 0 }]],
  [
    'one name twice',
    [
      { kind: 'ttl', ttl: 1, name: 'a' },
      { kind: 'ttl', ttl: 1, name: 'a' },
    ],
  ],
];

for (const [name, checks] of nonsense) {
  test(`refused before anything runs: ${name}`, () => {
    const { clock, ports } = healthGround();
    const target = new RememberingTarget();
    throwsWith('invalid-option', () => watchHealth(target, checks as Check[], { ports }));
    assert.equal(clock.timers, 0);
    assert.deepEqual(target.told, []);
  });
}

test('the password of an address is not shown to who reads the error', () => {
  const url = 'http://me:secret@127.0.0.1/health';
  const { ports } = healthGround();
  const refused = (): unknown => watchHealth(new RememberingTarget(), [{ kind: 'http', url }], { ports });
  assert.throws(refused, (error) => {
    const told = JSON.stringify([String(error), error]);
    return told.includes('127.0.0.1') && !told.includes('secret') && !told.includes('me:');
  });
});

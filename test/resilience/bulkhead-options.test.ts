/** What a bulkhead refuses when it is made. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import { type BulkheadOptions, bulkhead } from '../../src/resilience/index.ts';

const refusals: readonly [string, BulkheadOptions, { readonly option: string; readonly value: unknown }][] = [
  ['no place', { running: 0 }, { option: 'running', value: 0 }],
  ['half a place', { running: 1.5 }, { option: 'running', value: 1.5 }],
  ['fewer than nobody in the queue', { running: 1, queued: -1 }, { option: 'queued', value: -1 }],
  ['no patience', { running: 1, queueTimeout: 0 }, { option: 'queueTimeout', value: 0 }],
  ['no age', { running: 1, ageing: 0 }, { option: 'ageing', value: 0 }],
  ['all places kept', { running: 5, reserve: { high: 1 } }, { option: 'reserve.high', value: 1 }],
  ['nothing that could be kept', { running: 5, reserve: null as never }, { option: 'reserve', value: null }],
  [
    'a share that is no number',
    { running: 5, reserve: { high: '0.5' as unknown as number } },
    { option: 'reserve.high', value: '0.5' },
  ],
  ['a share below nothing', { running: 5, reserve: { high: -0.1 } }, { option: 'reserve.high', value: -0.1 }],
  [
    'fewer places than are kept',
    { running: 2, reserve: { high: 0.1, critical: 0.1 } },
    { option: 'running', value: 2 },
  ],
  ['all for normal and above', { running: 1, reserve: { normal: 0.5 } }, { option: 'running', value: 1 }],
  [
    'places kept from nobody',
    { running: 5, reserve: { low: 0.1 } as BulkheadOptions['reserve'] & object },
    { option: 'reserve', value: 'low' },
  ],
];
for (const [name, options, refused] of refusals) {
  test(`refused when it is made: ${name}`, () => {
    assert.throws(
      () => bulkhead(options),
      (error) => {
        assert.ok(isQuorateError(error) && error.code === 'invalid-option');
        const { option, value } = error.data;
        assert.deepEqual({ option, value }, refused);
        return true;
      },
    );
  });
}

/** Fences: a holder that was superseded cannot write, however late it wakes up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fence } from '../../src/mvcc/index.ts';
import { bytes, Driver, del, everything, get, put } from './commands.ts';

function fence(holder: Fence['holder'], name: string, token: number): Fence {
  return { holder, key: bytes(name), token };
}

test('38 · a holder that pauses past its lease and then writes is stopped, before and after the next one has the lock', () => {
  const driver = new Driver();
  const lease = driver.grant();
  const { revision: token } = driver.send(put('lock', 'first', { lease }));
  const fences = [fence('here', 'lock', token)];
  driver.expect('put', put('data', 'by the first'), { fences });

  driver.send({ kind: 'lease-expire', leases: [{ lease, renewals: 0 }] });
  assert.deepEqual(driver.refused(put('data', 'late'), { fences }), {
    code: 'fenced',
    first: token,
    second: 0,
  });

  const { revision: next } = driver.send(put('lock', 'second'));
  assert.ok(next > token);
  driver.expect('put', put('data', 'by the second'), { fences: [fence('here', 'lock', next)] });
  for (const body of [put('data', 'late'), del('data'), get('data')]) {
    assert.deepEqual(driver.refused(body, { fences }), { code: 'fenced', first: token, second: next });
  }
  assert.equal(
    driver.refused(
      { kind: 'transaction', compares: [], onSuccess: [], onFailure: [put('data', 'late')] },
      { fences },
    ).code,
    'fenced',
  );
  assert.deepEqual(driver.list(everything), ['data=by the second', 'lock=second']);
});

test('a holder may change its own key and keeps its token', () => {
  const driver = new Driver();
  const { revision: token } = driver.send(put('leader', 'address 1'));
  driver.send(put('leader', 'address 2'));
  driver.expect('put', put('data'), { fences: [fence('here', 'leader', token)] });
});

test('of several fences all must hold', () => {
  const driver = new Driver();
  driver.send(put('one'));
  driver.send(put('two'));
  driver.expect('put', put('data', '1'), { fences: [fence('here', 'one', 1), fence('here', 'two', 2)] });
  assert.equal(
    driver.refused(put('data', '2'), { fences: [fence('here', 'one', 1), fence('here', 'two', 1)] }).code,
    'fenced',
  );
});

test('for a lock that lives elsewhere the greatest token ever shown counts', () => {
  const driver = new Driver();
  const write = (token: number): string =>
    driver.send(put('data', `${token}`), { fences: [fence('elsewhere', 'far/lock', token)] }).body.kind;
  assert.deepEqual([10, 12, 11, 12, 10, 13, 12].map(write), [
    'put',
    'put',
    'refused',
    'put',
    'refused',
    'put',
    'refused',
  ]);
  assert.deepEqual(driver.list(everything), ['data=13']);
  driver.expect('put', put('data'), { fences: [fence('elsewhere', 'another/lock', 1)] });
});

test('the greatest token of one command is what is remembered, in whatever order it names them', () => {
  const driver = new Driver();
  const both = [fence('elsewhere', 'far', 9), fence('elsewhere', 'far', 5)];
  driver.expect('put', put('data'), { fences: both });
  assert.deepEqual(driver.refused(put('data'), { fences: [fence('elsewhere', 'far', 8)] }), {
    code: 'fenced',
    first: 8,
    second: 9,
  });
});

test('a token shown with a command that a fence refuses is not remembered', () => {
  const driver = new Driver();
  const fences = [fence('elsewhere', 'far', 50), fence('here', 'nobody', 3)];
  assert.equal(driver.refused(put('data'), { fences }).code, 'fenced');
  driver.expect('put', put('data'), { fences: [fence('elsewhere', 'far', 1)] });
});

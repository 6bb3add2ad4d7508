/** The package that speaks to PostgreSQL is asked for when an engine is opened, and named when it is missing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPg } from '../../../src/engines/postgres/pg-module.ts';

test('a missing package is named with the command that installs it', async () => {
  const missing = (): Promise<unknown> => Promise.reject(new Error("Cannot find package 'pg'"));
  await assert.rejects(loadPg(missing), (error: Error & { code?: string; data?: unknown }) => {
    assert.equal(error.code, 'package-unavailable');
    assert.match(error.message, /npm install pg/);
    assert.deepEqual(error.data, { package: 'pg', reason: "Cannot find package 'pg'" });
    return true;
  });
});

test('the package is the one that is installed', async () => {
  assert.equal(typeof (await loadPg()).Client, 'function');
});

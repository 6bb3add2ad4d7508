/** What the server says when it refuses, by its table of codes: what is done next, and what users see. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectTrouble, statementTrouble, type TroubleKind } from '../../../src/engines/postgres/trouble.ts';

function failure(code: string, message = 'words of the server'): Error {
  return Object.assign(new Error(message), { code });
}

const rows: readonly (readonly [state: string, kind: TroubleKind, code: string, what: string])[] = [
  ['28P01', 'refused', 'engine-unauthenticated', 'a wrong password'],
  ['28000', 'refused', 'engine-unauthenticated', 'no entry in pg_hba.conf'],
  ['42501', 'refused', 'engine-unauthenticated', 'a right that is missing'],
  ['25006', 'refused', 'engine-read-only', 'a transaction that may not write'],
  ['53100', 'refused', 'engine-full', 'a full disk'],
  ['53300', 'again', 'engine-full', 'too many connections'],
  ['54000', 'refused', 'engine-full', 'a limit of the program'],
  ['57P03', 'again', 'engine-unreachable', 'a server that is starting'],
  ['57P01', 'lost', 'engine-unreachable', 'a server that is ending'],
  ['57014', 'late', 'engine-failed', 'a statement that took too long'],
  ['40P01', 'again', 'engine-failed', 'a deadlock'],
  ['40001', 'again', 'engine-failed', 'a conflict'],
  ['42P01', 'refused', 'engine-data-lost', 'a table that is gone'],
  ['3F000', 'refused', 'engine-data-lost', 'a schema that is gone'],
  ['08006', 'lost', 'engine-unreachable', 'a broken connection, told by a pooler'],
  ['XX000', 'refused', 'engine-failed', 'an error inside the server'],
];

for (const [state, kind, code, what] of rows) {
  test(`${what} (${state}) is ${kind}, ${code}`, () => {
    const trouble = statementTrouble('db:1', failure(state));
    assert.deepEqual([trouble.kind, trouble.error.code, trouble.sqlState], [kind, code, state]);
    assert.match(trouble.error.message, /words of the server/);
    if (kind !== 'lost' && code !== 'engine-data-lost') assert.equal(trouble.error.outcome, 'not-applied');
  });
}

test('an error that is not of the server is a connection that is lost, while connecting one that was not made', () => {
  for (const code of ['ECONNRESET', 'EPIPE', 'ETIMEDOUT']) {
    assert.equal(statementTrouble('db:1', failure(code)).kind, 'lost', code);
    const { kind, error } = connectTrouble('db:1', failure(code));
    assert.deepEqual([kind, error.code], ['again', 'engine-unreachable'], code);
    assert.match(error.message, /db:1/);
  }
  assert.equal(statementTrouble('db:1', new Error('Connection terminated unexpectedly')).kind, 'lost');
});

test('what another try may mend is called retryable, so that a watch goes on', () => {
  const retryable = (state: string): boolean => statementTrouble('db:1', failure(state)).error.retryable;
  for (const state of ['40P01', '40001', '55P03', '57014', '57P03', '53300', '25006']) {
    assert.equal(retryable(state), true, state);
  }
  for (const state of ['XX000', '42501', '28P01']) assert.equal(retryable(state), false, state);
});

test('nothing was done before the first statement, whatever ended the connection', () => {
  assert.equal(connectTrouble('db:1', failure('57P01')).kind, 'again');
  assert.equal(connectTrouble('db:1', failure('08P01')).kind, 'again');
  assert.equal(connectTrouble('db:1', failure('28P01')).kind, 'refused');
});

test('certificates and passwords that do not fit are told from a server that is away', () => {
  const certificate = connectTrouble(
    'db:1',
    failure('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'),
  );
  assert.deepEqual([certificate.kind, certificate.error.code], ['refused', 'engine-protocol']);
  const password = connectTrouble(
    'db:1',
    new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: password must be a string'),
  );
  assert.deepEqual([password.kind, password.error.code], ['refused', 'engine-unauthenticated']);
});

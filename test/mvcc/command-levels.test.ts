/** Which level a command needs, and that what older releases would read otherwise is not in their kinds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secondTransaction } from '../../src/mvcc/command-format.ts';
import {
  type CommandBody,
  commandLevel,
  decodeCommand,
  inEnvelope,
  isKnownCommand,
  type Operation,
} from '../../src/mvcc/index.ts';
import { add, append, bare, Driver, del, encode, get, put } from './commands.ts';

function transaction(...onFailure: Operation[]): CommandBody {
  return { kind: 'transaction', compares: [], onSuccess: [put('a')], onFailure };
}

const rows: readonly (readonly [name: string, body: CommandBody, level: number, kind: number])[] = [
  ['a put', put('a'), 1, 1],
  ['a transaction of old operations', transaction(put('a'), get('a'), del('b')), 1, 4],
  ['an append', append('q/'), 2, 5],
  ['an add', add('n', 1), 2, 6],
  ['a transaction with an append', transaction(append('q/')), 2, 7],
  ['a transaction with an add', transaction(get('a'), add('n', 1)), 2, 7],
];

for (const [name, body, level, kind] of rows) {
  test(`${name} needs level ${level}, in an envelope or not`, () => {
    const command = encode(bare(body));
    assert.equal(command[1], kind);
    assert.equal(isKnownCommand(command), true);
    assert.equal(commandLevel(command), level);
    assert.equal(commandLevel(inEnvelope(2 ** 40, command)), level);
    assert.deepEqual(decodeCommand(command).body, body);
  });
}

test('in a transaction of the first kind the new operations make no sense, as they made none before', () => {
  for (const operation of [append('q/'), add('n', 1)]) {
    const command = encode(bare(transaction(operation)));
    assert.equal(command[1], secondTransaction);
    command[1] = 4;
    assert.throws(() => decodeCommand(command), { code: 'malformed-bytes' });
    const driver = new Driver();
    driver.store.apply(1, command);
    assert.equal(driver.store.revision, 0);
  }
});

test('no command reads a kind of later releases', () => {
  const command = encode(bare(append('q/')));
  command[1] = 14;
  assert.equal(isKnownCommand(command), false);
});

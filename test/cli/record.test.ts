/**
 * Evidence from three real nodes: a history is recorded while a leader is killed, and the judge that calls
 * it linearizable refuses it when one answer in it is changed.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type HistoryEvent, parseHistory } from '../../src/sim/index.ts';
import { Running, runHere, ServedCluster } from './command.ts';

let cluster: ServedCluster;
let directory = '';

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quorate-record-'));
  cluster = await ServedCluster.start(3);
});

after(async () => {
  await cluster[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

test('what clients saw while a leader died is linearizable, and is not when it is tampered with', async (t) => {
  const file = join(directory, 'history.jsonl');
  const at = ['--endpoints', cluster.endpoints, '--timeout', '2s'];
  const size = ['--ops', '1000', '--clients', '4', '--keys', '3'];
  const record = new Running('record', file, ...size, '--json', ...at);
  t.after(() => record.end('SIGKILL'));
  const leader = await cluster.leader();
  await cluster.kill(leader);
  await cluster.leader();
  await cluster.startNode(leader);
  assert.equal(await record.end(), 0, record.stderr.join('\n'));
  const told = JSON.parse(record.stdout[0] ?? '') as { operations: number; ok: number; info: number };
  assert.equal(told.operations, 1000);
  assert(told.ok > 0);

  // The parser refuses a process that acts again after an outcome that nobody knows.
  const history = parseHistory(await readFile(file, 'utf8'));
  assert.equal(history.operations.length, 1000);
  assert.equal(history.events.filter(({ type }) => type === 'info').length, told.info);
  const judged = await runHere(['check', file]);
  assert.equal(judged.code, 0, judged.stdout);

  const tampered = join(directory, 'tampered.jsonl');
  await writeFile(tampered, withStaleRead(history.events));
  const caught = await runHere(['check', tampered]);
  assert.equal(caught.code, 1, 'a read that went back is found out');
});

/** The last read of a key that had been written answers with what stood there before anything was. */
function withStaleRead(events: readonly HistoryEvent[]): string {
  const place = events.findLastIndex(({ f, type, value }) => f === 'read' && type === 'ok' && value !== null);
  assert(place >= 0);
  return events
    .map((event, at) => (at === place ? { ...event, value: null, revision: undefined } : event))
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
}

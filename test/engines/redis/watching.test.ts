/** What a watch makes of a stream of which something was trimmed away, and of answers that are none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { entriesFrom, entryFrom, streamsFrom } from '../../../src/engines/redis/event-stream.ts';
import { openRedis } from '../../../src/engines/redis/index.ts';
import { Trouble } from '../../../src/engines/redis/trouble.ts';
import { bulk, inOrder, list, scriptedServer } from './scripted-server.ts';

/** An answer to XREAD with one entry of one put. */
function entryOf(key: string, revision: number, previous: number): string {
  const words = list('previous', String(previous), 'put', 'a', '1', String(revision), '', 'x');
  const entry = `*2\r\n${bulk(`${revision}-0`)}${words}`;
  return `*1\r\n*2\r\n${bulk(key)}*1\r\n${entry}`;
}

const rows: Readonly<Record<string, { readonly previous: number; readonly kinds: readonly string[] }>> = {
  'an entry that follows on what was seen is told': { previous: 5, kinds: ['present', 'changes'] },
  'an entry behind one that was never seen makes it look anew': {
    previous: 6,
    kinds: ['present', 'present'],
  },
};

for (const [name, { previous, kinds }] of Object.entries(rows)) {
  test(name, async () => {
    let asked = 0;
    await using server = await scriptedServer((words) => {
      if (words[0] === 'XREAD') {
        asked += 1;
        return asked === 1 ? entryOf('quorate/d/>events', 7, previous) : undefined;
      }
      if (words[1] === 'sweep') return list('ok', '5', '');
      return words[1] === 'other' ? list('ok', '5') : inOrder(words);
    });
    await using engine = await openRedis(server.url);
    const watch = engine.watch({ directory: 'd' });
    const told = [(await watch.next()).value?.kind, (await watch.next()).value?.kind];
    assert.deepEqual(told, kinds);
  });
}

test('whatever comes in place of events is read, or told to be none', () => {
  const word = fc.oneof(
    fc.string().map((text) => Buffer.from(text)),
    fc.constantFrom(...['1-0', '7', 'put', 'expired', ''].map((text) => Buffer.from(text))),
    fc.integer(),
    fc.constant(null),
  );
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof({ depthSize: 'medium' }, word, fc.array(tie('tree'), { maxLength: 9 })),
  }));
  fc.assert(
    fc.property(tree, (answer) => {
      try {
        for (const [, entries] of streamsFrom(answer, 'here'))
          for (const [id, words] of entriesFrom(entries, 'here')) entryFrom(id, words, 'd');
      } catch (error) {
        assert.ok(error instanceof Trouble && error.told.code === 'engine-protocol', String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

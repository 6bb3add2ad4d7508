import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { QuorateError } from '../../src/base/index.ts';
import { byteRefusals, type Decoder } from './decoder.ts';
import { fuzz } from './fuzz.ts';
import { decoders, noDecoders } from './table.ts';

const sources = join(import.meta.dirname, '../../src');
const looksLikeOne = /^export (?:async )?function ((?:decode|parse|read)[A-Z]\w*)/gm;

/** Files whose reading of a whole directory would make each run slow. */
const slow = /openLog|SnapshotFiles|readBirthRecord|DamageRecord/;

for (const decoder of decoders) {
  test(`${decoder.name} answers or refuses whatever it is given, and takes no memory for a claim`, async () => {
    await fuzz(decoder, { runs: slow.test(decoder.name) ? 120 : 400 });
  });
}

test('every function that reads bytes from outside is in the table', () => {
  const known = new Set(decoders.flatMap(({ name, also = [] }) => [name, ...also]));
  const found: string[] = [];
  for (const file of globSync('**/*.ts', { cwd: sources })) {
    for (const [, name] of readFileSync(join(sources, file), 'utf8').matchAll(looksLikeOne))
      found.push(`${file} ${name}`);
  }
  const unknown = found.filter((name) => !known.has(name) && !(name in noDecoders));
  assert.deepEqual(
    unknown,
    [],
    'give it a row beside the tests of its room, or a reason in test/fuzz/table.ts',
  );
  const gone = Object.keys(noDecoders).filter((name) => !found.includes(name));
  assert.deepEqual(gone, [], 'these have a reason in test/fuzz/table.ts, and are no more');
});

const honest: Decoder = {
  name: 'planted',
  valid: () => [Uint8Array.of(4, 1, 2, 3, 4)],
  decode: () => undefined,
  refusals: byteRefusals,
};

const planted: Readonly<Record<string, readonly [decode: (bytes: Uint8Array) => unknown, finding: RegExp]>> =
  {
    'a crash': [
      (bytes) => {
        if ((bytes[0] ?? 0) > 4) throw new RangeError('offset is out of bounds');
      },
      /no error of ours: RangeError/,
    ],
    'memory for a length that nobody has paid for': [
      (bytes) => new Uint8Array((bytes[0] ?? 0) << 20),
      /took \d+ bytes/,
    ],
    'an error that its caller does not expect': [
      (bytes) => {
        if (bytes.length < 5)
          throw new QuorateError({ code: 'closed', message: 'gone', data: { what: 'it' } });
      },
      /refused with closed/,
    ],
  };

for (const [name, [decode, finding]] of Object.entries(planted)) {
  test(`the fuzzer finds ${name}`, async () => {
    await assert.rejects(fuzz({ ...honest, decode }, { runs: 500, seed: 1 }), (error: Error) => {
      const told = `${error.message} ${String(error.cause)}`;
      assert.match(told, finding);
      return true;
    });
  });
}

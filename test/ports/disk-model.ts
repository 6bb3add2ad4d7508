/**
 * Random sequences of operations on one file, compared after each step with an array of bytes: the part of
 * the disk suite that finds what nobody thought of.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Disk, DiskFile } from '../../src/ports/index.ts';
import { patterned, sameBytes } from './expectations.ts';

type Step =
  | {
      readonly do: 'write' | 'write-now';
      readonly at: number;
      readonly length: number;
      readonly seed: number;
    }
  | { readonly do: 'append'; readonly length: number; readonly seed: number }
  | { readonly do: 'truncate'; readonly length: number }
  | { readonly do: 'read'; readonly at: number; readonly length: number }
  | { readonly do: 'reopen'; readonly durableWrites: boolean };

const place = fc.nat(6_000);
const length = fc.nat(3_000);
const seed = fc.nat(1_000);

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constantFrom('write' as const, 'write-now' as const), at: place, length, seed }),
    fc.record({ do: fc.constant('append' as const), length, seed }),
    fc.record({ do: fc.constant('truncate' as const), length: place }),
    fc.record({ do: fc.constant('read' as const), at: place, length }),
    fc.record({ do: fc.constant('reopen' as const), durableWrites: fc.boolean() }),
  ),
  { maxLength: 20 },
);

export function diskModelStories(
  tell: (title: string, story: (disk: Disk, directory: string) => Promise<void>) => void,
): void {
  tell('a file holds what an array of bytes would hold, whatever is done to it', async (disk, directory) => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        runs += 1;
        await compare(disk, `${directory}/file-${runs}`, sequence);
      }),
      { numRuns: 40 },
    );
  });
}

async function compare(disk: Disk, path: string, sequence: readonly Step[]): Promise<void> {
  let file = await disk.open(path, { create: 'must-be-new' });
  let model: Uint8Array = new Uint8Array(0);
  for (const step of sequence) {
    if (step.do === 'reopen') {
      await file.close();
      file = await disk.open(path, { create: 'never', durableWrites: step.durableWrites });
    } else {
      model = await apply(file, step, model);
    }
    assert.equal(await file.size(), model.length);
  }
  const bytes = new Uint8Array(model.length + 10);
  assert.equal(await file.read(bytes, 0), model.length);
  sameBytes(bytes.subarray(0, model.length), model, 'the file at the end');
  await file.close();
}

/** Does one step to the file; the array as it must be afterwards. */
async function apply(
  file: DiskFile,
  step: Exclude<Step, { do: 'reopen' }>,
  model: Uint8Array,
): Promise<Uint8Array> {
  switch (step.do) {
    case 'write':
    case 'write-now': {
      const bytes = patterned(step.length, step.seed);
      if (step.do === 'write') await file.write(bytes, step.at);
      else file.writeNow(bytes, step.at);
      return overwritten(model, bytes, step.at);
    }
    case 'append': {
      const bytes = patterned(step.length, step.seed);
      assert.equal(await file.append(bytes), model.length);
      return overwritten(model, bytes, model.length);
    }
    case 'truncate':
      await file.truncate(step.length);
      return overwritten(model.subarray(0, step.length), new Uint8Array(0), step.length, step.length);
    case 'read': {
      const into = new Uint8Array(step.length);
      const count = await file.read(into, step.at);
      sameBytes(
        into.subarray(0, count),
        model.subarray(step.at, step.at + step.length),
        'a part of the file',
      );
      return model;
    }
  }
}

/** An empty write changes no length, as on every POSIX system. */
function overwritten(model: Uint8Array, bytes: Uint8Array, at: number, lengthLeast = 0): Uint8Array {
  const end = bytes.length === 0 ? 0 : at + bytes.length;
  const result = new Uint8Array(Math.max(model.length, end, lengthLeast));
  result.set(model);
  result.set(bytes, bytes.length === 0 ? 0 : at);
  return result;
}

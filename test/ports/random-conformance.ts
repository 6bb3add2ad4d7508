/** What every source of randomness must do that claims the port. How good it is, a test cannot say; that it is not broken, it can. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Random } from '../../src/ports/index.ts';

export function randomConformance(name: string, makeRandom: () => Random): void {
  describe(`random conformance: ${name}`, () => {
    test('numbers are whole, in [0, 2^32), and use all their bits', () => {
      const random = makeRandom();
      let seenOnes = 0;
      let seenZeros = 0;
      for (let draw = 0; draw < 2_000; draw += 1) {
        const number = random.uint32();
        assert.ok(Number.isInteger(number) && number >= 0 && number < 2 ** 32, `${number}`);
        seenOnes |= number;
        seenZeros |= ~number;
      }
      assert.equal(seenOnes >>> 0, 0xffff_ffff, 'every bit is 1 at times');
      assert.equal(seenZeros >>> 0, 0xffff_ffff, 'every bit is 0 at times');
    });

    test('each sixteenth of the range is drawn about as often as the next', () => {
      const random = makeRandom();
      const draws = 16_000;
      const counts = new Array<number>(16).fill(0);
      for (let draw = 0; draw < draws; draw += 1) {
        const bucket = random.uint32() >>> 28;
        counts[bucket] = (counts[bucket] ?? 0) + 1;
      }
      // The standard deviation is 31: nine of them are not seen by chance in the life of this project.
      for (const count of counts) assert.ok(Math.abs(count - draws / 16) < 280, counts.join(' '));
    });

    test('fill overwrites what it is given, and nothing beside it', () => {
      const random = makeRandom();
      const around = new Uint8Array(300).fill(7);
      random.fill(around.subarray(100, 200));
      assert.ok(around.subarray(0, 100).every((byte) => byte === 7));
      assert.ok(around.subarray(200).every((byte) => byte === 7));
      assert.ok(new Set(around.subarray(100, 200)).size > 40);
      random.fill(new Uint8Array(0));
    });

    test('nothing is drawn twice', () => {
      const random = makeRandom();
      const drawn = new Set<string>();
      for (let draw = 0; draw < 500; draw += 1) {
        const bytes = new Uint8Array(16);
        random.fill(bytes);
        drawn.add(bytes.join());
      }
      assert.equal(drawn.size, 500);
      const numbers = Array.from({ length: 500 }, () => random.uint32());
      assert.ok(new Set(numbers).size > 490);
    });
  });
}

/** Values in statements: no text can end its literal, whatever the server is set to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  jsonLiteral,
  numberLiteral,
  textArrayLiteral,
  textLiteral,
} from '../../../src/engines/postgres/literals.ts';

test('quotes and backslashes are doubled, and nothing else is changed', () => {
  assert.equal(textLiteral('a'), "E'a'");
  assert.equal(textLiteral("'; DROP TABLE items; --"), "E'''; DROP TABLE items; --'");
  assert.equal(textLiteral("\\'"), "E'\\\\'''");
  assert.equal(textLiteral('Grüße\n'), "E'Grüße\n'");
});

/** As the server reads it: a backslash takes the next letter as it is, two quotes are one, one quote ends it. */
function readAsServer(literal: string): string {
  assert.equal(literal.slice(0, 2), "E'");
  let text = '';
  for (let at = 2; at < literal.length; at += 1) {
    const letter = literal[at];
    if (letter === '\\' || (letter === "'" && literal[at + 1] === "'")) {
      at += 1;
      text += literal[at];
    } else if (letter === "'") {
      assert.equal(at, literal.length - 1, 'nothing stands behind the end');
      return text;
    } else text += letter;
  }
  throw new Error('the literal has no end');
}

test('what is read is what was written, and the end is where it should be', () => {
  const letters = fc.string({ unit: fc.constantFrom("'", '\\', 'a', '$', '\n', 'ü', '"') });
  fc.assert(
    fc.property(letters, (text) => {
      assert.equal(readAsServer(textLiteral(text)), text);
    }),
  );
});

test('numbers are whole, arrays have a type, JSON has no zero in it', () => {
  assert.equal(numberLiteral(-5), '-5');
  assert.throws(() => numberLiteral(1.5));
  assert.throws(() => numberLiteral(Number.NaN));
  assert.equal(textArrayLiteral([]), 'ARRAY[]::text[]');
  assert.equal(textArrayLiteral(['a', "b'"]), "ARRAY[E'a', E'b''']::text[]");
  assert.equal(jsonLiteral({ a: '\0' }), `E'{"a":"\\\\u0000"}'::jsonb`);
  assert.throws(() => textLiteral('\0'));
});

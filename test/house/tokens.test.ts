import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tokenize } from '../../tools/house/tokens.ts';

interface Row {
  readonly name: string;
  readonly source: string;
  readonly tokens: readonly string[];
}

const rows: readonly Row[] = [
  { name: 'words and marks stand apart', source: 'a.b(c)', tokens: ['a', '.', 'b', '(', 'c', ')'] },
  { name: 'a string is one token', source: `x = 'import "y" // z'`, tokens: ['x', '=', 'import "y" // z'] },
  { name: 'an escaped quote does not end a string', source: `'it\\'s' + b`, tokens: [`it\\'s`, '+', 'b'] },
  { name: 'comments are no tokens', source: 'a /* { */ + // }\n b', tokens: ['a', '+', 'b'] },
  { name: 'a comment that never ends takes the rest', source: 'a /* b', tokens: ['a'] },
  { name: 'a private name is one word', source: 'this.#open', tokens: ['this', '.', '#open'] },
  { name: 'a name may hold any letter', source: 'größe + 1_000n', tokens: ['größe', '+', '1_000n'] },
  { name: 'an exponent belongs to its number', source: '1e-3-x', tokens: ['1e-3', '-', 'x'] },
  { name: 'an arrow is one mark', source: 'x => y', tokens: ['x', '=>', 'y'] },
  { name: 'a slash behind a value divides', source: 'a / b / c', tokens: ['a', '/', 'b', '/', 'c'] },
  { name: 'a slash behind a bracket divides', source: '(a) / b / c', tokens: '( a ) / b / c'.split(' ') },
  { name: 'a slash behind ++ divides', source: 'a++ / b / c', tokens: ['a', '++', '/', 'b', '/', 'c'] },
  { name: 'a slash behind = opens a pattern', source: `x = /['"{]/g`, tokens: ['x', '=', `/['"{]/g`] },
  { name: 'a slash behind return opens a pattern', source: 'return /[/]/', tokens: ['return', '/[/]/'] },
  { name: 'a template is cut at its substitutions', source: '`a${b}c`', tokens: ['a', '${', 'b', '}', 'c'] },
  {
    name: 'a template inside a substitution ends by itself',
    source: '`${`}${x}`}` + y',
    tokens: ['', '${', '}', '${', 'x', '}', '', '}', '', '+', 'y'],
  },
  {
    name: 'a brace inside a substitution is its own',
    source: '`${{}}`',
    tokens: ['', '${', '{', '}', '}', ''],
  },
  { name: 'a dollar alone is text', source: '`$5 \\${x}`', tokens: ['$5 \\${x}'] },
  { name: 'the line of the interpreter is no code', source: '#!/usr/bin/env node\na', tokens: ['a'] },
];

for (const { name, source, tokens } of rows) {
  test(name, () => {
    assert.deepEqual(
      tokenize(source).tokens.map(({ text }) => text),
      tokens,
    );
  });
}

test('lines are counted through strings, comments and templates', () => {
  const { tokens, comments } = tokenize('a\n/* 1\n2 */ b // c\n`\n\n` d');
  assert.deepEqual(
    tokens.map(({ text, line }) => [text.trim(), line]),
    [
      ['a', 1],
      ['b', 3],
      ['', 4],
      ['d', 6],
    ],
  );
  assert.deepEqual(
    comments.map(({ line }) => line),
    [2, 3],
  );
});

test('every bracket knows its partner, and every token the bracket around it', () => {
  const { tokens } = tokenize('f(a, [b], { c: `${d}` })');
  for (const [index, { partner }] of tokens.entries()) {
    if (partner >= 0) assert.equal(tokens[partner]?.partner, index);
  }
  const around = Object.fromEntries(tokens.map(({ text, owner }) => [text, tokens[owner]?.text]));
  assert.deepEqual([around['a'], around['b'], around['c'], around['d']], ['(', '[', '{', '${']);
});

test('no text, however broken, stops the tokenizer or makes it lose a word', () => {
  const pieces = fc.constantFrom(
    '`',
    '${',
    '}',
    '{',
    "'",
    '"',
    '/',
    '/*',
    '*/',
    '//',
    '\n',
    '\\',
    'word',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const { tokens, comments } = tokenize(parts.join(''));
      const kept = [...tokens, ...comments].map(({ text }) => text).join(' ');
      const words = parts.filter((part) => part === 'word').length;
      assert.equal(kept.split('word').length - 1, words);
    }),
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionsOf } from '../../tools/house/functions.ts';
import { tokenize } from '../../tools/house/tokens.ts';

interface Row {
  readonly name: string;
  readonly source: string;
  /** `name first-last`. */
  readonly found: readonly string[];
}

const rows: readonly Row[] = [
  { name: 'a declaration', source: 'function run() {\n}\n', found: ['run 1-2'] },
  {
    name: 'a generic one',
    source: 'export async function run<T extends X<Y>>(a: T) {\n}',
    found: ['run 1-2'],
  },
  {
    name: 'a return type in braces',
    source: 'function run(a: A): { b: string } {\n\n}',
    found: ['run 1-3'],
  },
  {
    name: 'a return type that is a function',
    source: 'function run(): (a: A) => void {\n}\nfunction walk() {\n}',
    found: ['run 1-2', 'walk 3-4'],
  },
  {
    name: 'a return type that holds a function',
    source: 'function run(): Promise<() => void> {\n}\nfunction walk() {\n}',
    found: ['run 1-2', 'walk 3-4'],
  },
  {
    name: 'a variable whose type holds a function',
    source: 'const table: Map<string, () => void> = new Map([\n\n]);',
    found: ['an anonymous function 1-1'],
  },
  {
    name: 'a predicate',
    source: 'function is(a: unknown): asserts a is A | B {\n}',
    found: ['is 1-2'],
  },
  {
    name: 'a return type with arguments, lists and unions',
    source: `function run(): Promise<Map<string, A[]>> | -1 | 'x' | \`\${number}ms\` {\n}`,
    found: ['run 1-2'],
  },
  {
    name: 'a method, an accessor and a constructor',
    source: 'class A {\n constructor() {\n }\n get b(): B {\n }\n async *#c(d: D): E {\n }\n}',
    found: ['constructor 2-3', 'b 4-5', '#c 6-7'],
  },
  { name: 'an arrow with a block', source: 'const run = (a: A): B => {\n};', found: ['run 1-2'] },
  { name: 'an async arrow', source: 'const run = async () => {\n};', found: ['run 1-2'] },
  { name: 'an arrow of one word', source: 'const run = a => {\n};', found: ['run 1-2'] },
  {
    name: 'an arrow without a block, up to its comma',
    source: 'f((a) =>\n g(\n  a, b),\n c)',
    found: ['an anonymous function 1-3'],
  },
  { name: 'a member that is an arrow', source: 'const a = { run: () => {\n}, b };', found: ['run 1-2'] },
  {
    name: 'one inside the other',
    source: 'function outer() {\n  const inner = () => {\n  };\n}',
    found: ['outer 1-4', 'inner 2-3'],
  },
  {
    name: 'no control flow',
    source:
      'if (a) {\n} else if (b) {\n}\nfor (;;) {\n}\nwhile (c) {\n}\nswitch (d) {\n}\ntry {\n} catch (e) {\n}',
    found: [],
  },
  { name: 'no loop that waits', source: 'for await (const a of b) {\n}', found: [] },
  { name: 'no object behind a question', source: 'const a = b ? f(c) : { d };', found: [] },
  { name: 'no block behind a case', source: 'switch (a) {\n case f(b): {\n }\n}', found: [] },
  { name: 'no class that extends a call', source: 'class A extends mixin(B) {\n}', found: [] },
  { name: 'no brace in a string', source: `f(') {');`, found: [] },
  { name: 'no method of an interface', source: 'interface A {\n run(a: A): void;\n}', found: [] },
];

for (const { name, source, found } of rows) {
  test(`functions: ${name}`, () => {
    const extents = functionsOf(tokenize(source).tokens);
    const sorted = [...extents].sort((left, right) => left.firstLine - right.firstLine);
    assert.deepEqual(
      sorted.map(({ name: called, firstLine, lastLine }) => `${called} ${firstLine}-${lastLine}`),
      found,
    );
  });
}

test('a callback of the test runner is told from any other function', () => {
  const source = `test('x', () => {\n run(() => {\n });\n});\nt.test('y', async () => {});\nbefore(() => {});`;
  const extents = functionsOf(tokenize(source).tokens);
  const byLine = new Map(extents.map(({ firstLine, isTestCallback }) => [firstLine, isTestCallback]));
  assert.deepEqual(Object.fromEntries(byLine), { 1: true, 2: false, 5: true, 6: true });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importsOf, resolveImport } from '../../tools/house/imports.ts';
import { tokenize } from '../../tools/house/tokens.ts';

interface Row {
  readonly name: string;
  readonly source: string;
  /** `type` before a specifier: nothing is left of it when types are stripped. */
  readonly found: readonly string[];
}

const rows: readonly Row[] = [
  { name: 'names', source: `import { a, b as c } from './x.ts';`, found: ['./x.ts'] },
  { name: 'a whole module', source: `import * as x from './x.ts';`, found: ['./x.ts'] },
  { name: 'a default beside names', source: `import x, { type y } from './x.ts';`, found: ['./x.ts'] },
  { name: 'for effect', source: `import './x.ts';`, found: ['./x.ts'] },
  { name: 'over many lines', source: `import {\n  a,\n  b,\n} from './x.ts';`, found: ['./x.ts'] },
  { name: 'types by statement', source: `import type { a } from './x.ts';`, found: ['type ./x.ts'] },
  { name: 'types by name', source: `import { type a, type b } from './x.ts';`, found: ['type ./x.ts'] },
  { name: 'a type beside a value', source: `import { type a, b } from './x.ts';`, found: ['./x.ts'] },
  { name: 'a value called type', source: `import type from './x.ts';`, found: ['./x.ts'] },
  { name: 'a name called type', source: `import { type } from './x.ts';`, found: ['./x.ts'] },
  { name: 'on demand', source: `const x = await import('./x.ts');`, found: ['./x.ts'] },
  { name: 'inside a type', source: `type X = import('./x.ts').X;`, found: ['./x.ts'] },
  { name: 're-exported names', source: `export { a } from './x.ts';`, found: ['./x.ts'] },
  { name: 're-exported types', source: `export type { a } from './x.ts';`, found: ['type ./x.ts'] },
  { name: 're-exported as a whole', source: `export * from './x.ts';`, found: ['./x.ts'] },
  {
    name: 'one behind the other',
    source: `export { a };\nimport './x.ts';\nexport { b } from './y.ts';`,
    found: ['./x.ts', './y.ts'],
  },
  {
    name: 'an export without a source takes none from the next',
    source: `export { a }\nexport { b } from './y.ts';`,
    found: ['./y.ts'],
  },
  {
    name: 'import.meta takes none from the next',
    source: `run(import.meta.url)\nexport { b } from './y.ts';`,
    found: ['./y.ts'],
  },
  { name: 'none in a comment', source: `// import './x.ts'\n/* import './y.ts' */`, found: [] },
  { name: 'none in a string', source: `const x = "import './x.ts'";`, found: [] },
  { name: 'none in a template', source: "const x = `import './x.ts'`;", found: [] },
  { name: 'none in a member called import', source: `x.import('./x.ts');`, found: [] },
  { name: 'none in import.meta', source: `import.meta.resolve('./x.ts');`, found: [] },
  { name: 'none in an exported value', source: `export const from = { './x.ts': 1 };`, found: [] },
  { name: 'none in a computed path', source: 'await import(path);', found: [] },
];

for (const { name, source, found } of rows) {
  test(`imports: ${name}`, () => {
    const imports = importsOf(tokenize(source).tokens);
    assert.deepEqual(
      imports.map(({ specifier, typeOnly }) => (typeOnly ? `type ${specifier}` : specifier)),
      found,
    );
  });
}

test('a relative specifier leads from the folder of the file that holds it', () => {
  assert.equal(resolveImport('src/raft/log.ts', './entry.ts'), 'src/raft/entry.ts');
  assert.equal(resolveImport('src/raft/log.ts', '../base/index.ts'), 'src/base/index.ts');
  assert.equal(resolveImport('test/raft/deep/x.test.ts', '../../../src/index.ts'), 'src/index.ts');
  assert.equal(resolveImport('src/raft/log.ts', 'node:fs'), undefined);
});

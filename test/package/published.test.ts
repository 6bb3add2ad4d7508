/**
 * The package as a stranger gets it: what is in the tarball, what the two common auditors say about it, and
 * whether every subpath can be imported from strict TypeScript and from plain JavaScript.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import {
  type ConsumerProject,
  importNames,
  makeConsumerProject,
  manifest,
  root,
} from './consumer-project.ts';

let project: ConsumerProject;
before(() => {
  project = makeConsumerProject();
});
after(() => project[Symbol.dispose]());

function packedText(path: string): string {
  return readFileSync(join(project.installed, path), 'utf8');
}

test('the tarball holds the program, its sources and its papers, and nothing else', () => {
  const allowed = /^(dist\/.+\.(js|d\.ts|js\.map|d\.ts\.map)|src\/.+\.ts|[A-Z]+(\.md)?|package\.json)$/;
  const strangers = project.packedFiles.filter((path) => !allowed.test(path) || path.includes('.test.'));
  assert.deepEqual(strangers, []);
  for (const paper of ['README.md', 'LICENSE', 'CHANGELOG.md']) {
    assert.ok(project.packedFiles.includes(paper), `${paper} is not in the tarball`);
  }
});

test('every source map leads to a source that is in the tarball', () => {
  const maps = project.packedFiles.filter((path) => path.endsWith('.map'));
  assert.ok(maps.length > 0);
  for (const path of maps) {
    const { sources } = JSON.parse(packedText(path)) as { readonly sources: readonly string[] };
    for (const source of sources) {
      const target = join(dirname(path), source);
      assert.ok(
        project.packedFiles.includes(target),
        `${path} leads to ${target}, which is not in the tarball`,
      );
    }
  }
});

test('no file of the tarball names a place on the machine that built it', () => {
  const places = [root, project.directory, '/home/', '/Users/'];
  for (const path of project.packedFiles) {
    const text = packedText(path);
    for (const place of places) assert.ok(!text.includes(place), `${path} holds ${place}`);
  }
});

test('the program runs on the oldest Node that the manifest admits: no newer syntax, no newer globals', () => {
  // Node 22 parses no `using` and has neither of the stacks that came with it.
  const newer = /^\s*(await )?using \w+ =|\b(Async)?DisposableStack\b/m;
  for (const path of project.packedFiles.filter((name) => name.endsWith('.js'))) {
    assert.doesNotMatch(packedText(path), newer, path);
  }
});

test('publint finds nothing to say', async () => {
  const bytes = readFileSync(project.tarballPath);
  const tarball = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  const { messages } = await publint({ strict: true, pack: { tarball } });
  assert.deepEqual(messages, []);
});

test('are-the-types-wrong finds nothing beyond what an ESM-only package cannot offer', async () => {
  const analysis = await checkPackage(createPackageFromTarballData(readFileSync(project.tarballPath)));
  assert.ok(analysis.types !== false);
  const problems = analysis.problems.filter(
    (problem) => !('resolutionKind' in problem && ['node10', 'node16-cjs'].includes(problem.resolutionKind)),
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(Object.keys(analysis.entrypoints), Object.keys(manifest.exports));
});

/**
 * Imports everything, and uses what every user uses: options with durations, errors by code. The mistake in
 * it must be found: a compiler that does not see our types would take it for none.
 */
const typescriptProgram = `
import { type Duration, type ErrorCode, isQuorateError, type Outcome, QuorateError } from '${manifest.name}';
${importNames.map((name, index) => `import * as part${index} from '${name}';`).join('\n')}

const timeout: Duration = '500ms';
// @ts-expect-error A week is no unit.
export const mistake: Duration = '5 weeks';
function describe(error: unknown): string {
  if (!isQuorateError(error)) return 'not ours';
  const outcome: Outcome = error.outcome;
  return error.code === 'queue-full' ? \`\${error.data.queue} \${outcome}\` : error.code satisfies ErrorCode;
}
const full = new QuorateError({ code: 'queue-full', message: timeout, data: { queue: 'q', limit: 1 } });
if (describe(full) !== 'q not-applied') throw new Error(describe(full));

const parts: Readonly<Record<string, object>> = { ${importNames.map((name, index) => `'${name}': part${index}`).join(', ')} };
for (const [name, part] of Object.entries(parts)) console.log(name, Object.keys(part).length > 0);
`;

const everyPartSpoke = importNames.map((name) => `${name} true\n`).join('');

const strict = {
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  verbatimModuleSyntax: true,
  types: ['node'],
};

// Our declarations are checked themselves by one of the two; the other differs only in how it finds them.
const resolutions: readonly (readonly [name: string, options: object])[] = [
  ['nodenext', { module: 'nodenext', target: 'es2023', lib: ['es2023'], skipLibCheck: false }],
  ['bundler', { module: 'preserve', moduleResolution: 'bundler', target: 'es2023', skipLibCheck: true }],
];

for (const [name, options] of resolutions) {
  test(`a strict TypeScript project with ${name} resolution compiles against every subpath`, () => {
    project.write('consumer.ts', typescriptProgram);
    const config = `tsconfig.${name}.json`;
    project.write(
      config,
      JSON.stringify({ compilerOptions: { ...strict, ...options }, files: ['consumer.ts'] }),
    );
    assert.equal(compile(config), '');
  });
}

function compile(config: string): string {
  try {
    return project.node(join(root, 'node_modules/typescript/bin/tsc'), '--project', config);
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

test('a TypeScript program that imports every subpath runs as it is', () => {
  project.write('consumer.ts', typescriptProgram);
  assert.equal(project.node('consumer.ts'), everyPartSpoke);
});

test('a plain JavaScript program that imports every subpath runs', () => {
  const lines = importNames.map(
    (name) => `console.log('${name}', Object.keys(await import('${name}')).length > 0);`,
  );
  project.write('plain.js', lines.join('\n'));
  assert.equal(project.node('plain.js'), everyPartSpoke);
});

test('what is no subpath cannot be reached: the inner files are ours to move', () => {
  project.write(
    'inner.js',
    `await import('${manifest.name}/dist/base/index.js').catch((error) => console.log(error.code));`,
  );
  assert.equal(project.node('inner.js'), 'ERR_PACKAGE_PATH_NOT_EXPORTED\n');
});

for (const name of Object.keys(manifest.bin ?? {})) {
  test(`the command ${name} runs from where npm installed it`, () => {
    const command = join(project.directory, 'node_modules/.bin', name);
    const printed = execFileSync(command, ['--help'], { cwd: project.directory, encoding: 'utf8' });
    assert.match(printed, new RegExp(`usage: ${name} `));
  });
}

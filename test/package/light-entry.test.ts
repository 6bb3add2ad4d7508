/** What a program that only talks to a cluster must not load: a node, and the store on disk. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from './consumer-project.ts';

const entry = pathToFileURL(join(root, 'src/index.ts')).href;
const program = `
  import { registerHooks } from 'node:module';
  const urls = [];
  registerHooks({ load: (url, context, next) => { urls.push(url); return next(url, context); } });
  const { connect } = await import('${entry}');
  const store = await connect('quorate://127.0.0.1:1');
  await store.close();
  console.log(JSON.stringify(urls));
`;

test('a program that connects to a cluster loads no node and no store on disk', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    encoding: 'utf8',
    cwd: root,
  });
  assert.equal(status, 0, stderr);
  const urls = JSON.parse(stdout) as string[];
  assert.ok(
    urls.some((url) => url.endsWith('/src/client/connect.ts')),
    'the entry was loaded',
  );
  const heavy = urls.filter((url) => /\/src\/node\/|\/node_modules\/lmdb\//.test(url));
  assert.deepEqual(heavy, []);
});

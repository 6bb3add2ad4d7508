/** The room in a browser or at the edge: one file without anything of Node in it, and how large that is. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from '../package/consumer-project.ts';

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: root, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'iife',
    globalName: 'resilience',
    // Not `node`: whatever of Node is imported is then an error.
    platform: 'browser',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

const source = join(root, 'src/resilience/index.ts');

const browser = {
  AbortController,
  AbortSignal,
  performance,
  setTimeout,
  clearTimeout,
  queueMicrotask,
  crypto,
  Headers,
  Request,
  Response,
  ReadableStream,
};

test('all of it runs where there is no process, no immediate and no import', async (t) => {
  const text = await bundle(`export * from ${JSON.stringify(source)};`);
  t.diagnostic(`${text.length} bytes minified, ${gzipSync(text).length} compressed`);
  const context = createContext(browser);
  const answer: unknown = await runInContext(
    `${text}; resilience.policy(resilience.deadline('1s'), resilience.timeout('500ms')).execute(({ attempt }) => attempt)`,
    context,
  );
  assert.equal(answer, 1);
});

test('a signal still ends a body where no program sees what is collected', async () => {
  const giving = new AbortController();
  const signals: AbortSignal[] = [];
  const fetch: typeof globalThis.fetch = async (_, init) => {
    if (init?.signal) signals.push(init.signal);
    return new Response('a body');
  };
  const none = { WeakRef: undefined, FinalizationRegistry: undefined };
  const context = createContext({ ...browser, ...none, fetch, signal: giving.signal });
  const text = await bundle(`export * from ${JSON.stringify(source)};`);
  await runInContext(
    `${text}; resilience.resilientFetch(resilience.timeout('1s'), { fetch })('http://orders.test/', { signal })`,
    context,
  );
  giving.abort();
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true],
  );
});

test('who takes one policy does not carry the others', async () => {
  const all = await bundle(`export * from ${JSON.stringify(source)};`);
  const one = await bundle(`export { timeout } from ${JSON.stringify(source)};`);
  assert.doesNotMatch(one, /retry-after/, 'nothing of fetch');
  assert.ok(one.length < all.length);
});

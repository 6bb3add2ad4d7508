/** A process whose calls have their answers ends: no timer of a policy keeps it alive. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';

const door = new URL('../../src/resilience/index.ts', import.meta.url).href;

/** Each says `answered` and leaves limits and pauses of an hour behind. */
const programs: readonly [string, string][] = [
  ['a timeout', `await timeout('1h').execute(() => 'ok')`],
  [
    'a retry',
    `await retry({ backoff: 0 }).execute(({ attempt }) => { if (attempt < 3) throw new Error('no') })`,
  ],
  [
    'a retry that is given up during a pause',
    `const giving = new AbortController();
     const tried = retry({ backoff: '1h' });
     tried.onEvent(() => giving.abort(new Error('enough')));
     await tried.execute(() => Promise.reject(new Error('no')), { signal: giving.signal }).catch(() => undefined)`,
  ],
  ['a hedge', `await hedge({ idempotent: true, after: '1h' }).execute(() => 'ok')`],
  [
    'a hedge whose loser never ends',
    `await hedge({ idempotent: true, after: 1, maxHedges: 3 }).execute(({ attempt }) =>
       attempt === 1 ? new Promise(() => undefined) : 'ok')`,
  ],
];
for (const [name, program] of programs) {
  test(`with ${name} the process ends`, async () => {
    const text = `import { hedge, retry, timeout } from '${door}';\n${program};\nconsole.log('answered');`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', text], {
      timeout: 60_000,
    });
    assert.deepEqual(await run, { stdout: 'answered\n', stderr: '' });
  });
}

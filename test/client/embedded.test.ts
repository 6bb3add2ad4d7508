/** A node in the program's own process: by the same path as a cluster, in memory or in a directory. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from '../../src/client/index.ts';
import { failsWith } from '../ports/expectations.ts';

async function inDirectory(story: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'quorate-embedded-'));
  try {
    await story(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('a store in memory does what every store does, and two of them know nothing of each other', async () => {
  await using one = await connect('memory:');
  await using other = await connect('memory:');
  await one.put('k', 'v');
  assert.equal((await one.get('k'))?.text, 'v');
  assert.equal(await other.get('k'), undefined);
  await using session = await one.session({ ttl: '10s' });
  await one.put('mine', '1', { lease: session.id, session });
  await using watch = one.watch('mine', { from: 1 });
  const { value } = await watch.next();
  assert.equal(value?.events.length, 1);
});

test('a store in a directory is there again when it is opened again', async () => {
  await inDirectory(async (directory) => {
    {
      await using store = await connect(`file:${directory}/data`);
      for (let count = 1; count <= 100; count += 1) await store.put(`k${count}`, String(count));
    }
    await using store = await connect(`file:${directory}/data`);
    assert.equal(await store.count({ prefix: 'k' }), 100);
    assert.equal((await store.get('k7'))?.text, '7');
    await store.put('k7', 'seven');
    assert.equal((await store.get('k7'))?.version, 2);
  });
});

test('a directory belongs to one program at a time, and is free when that has closed', async () => {
  await inDirectory(async (directory) => {
    const store = await connect(`file:${directory}`);
    await failsWith('in-use', connect(`file:${directory}`));
    await store.put('k', 'v');
    await store.close();
    await store.close();
    await using again = await connect(`file:${directory}`);
    assert.equal((await again.get('k'))?.text, 'v');
  });
});

test('an address that names nothing is refused', async () => {
  for (const url of ['file:', 'memory', '', 'redis://x', 'quorate:x'])
    await failsWith('invalid-option', connect(url));
});

test('users count on a disk as they do in memory, and when it is opened again', async () => {
  await inDirectory(async (directory) => {
    const login = { user: 'root', password: 'the root of all' };
    {
      await using store = await connect(`file:${directory}`);
      await store.security.addUser(login.user, login.password);
      await store.security.grantRole('root', 'root');
      await store.security.enable();
      await failsWith('unauthenticated', store.put('k', 'v'));
    }
    {
      await using nobody = await connect(`file:${directory}`);
      await failsWith('unauthenticated', nobody.get('k'));
    }
    await using store = await connect(`file:${directory}`, login);
    await store.put('k', 'v');
    assert.equal((await store.get('k'))?.text, 'v');
  });
});

test('a watch whose signal is aborted before it begins says why, and keeps nobody', async () => {
  await using store = await connect('memory:');
  const signal = AbortSignal.abort(new Error('changed my mind'));
  const watch = store.watch('k', { signal });
  await assert.rejects(watch.next(), /changed my mind/);
  assert.equal(watch.isOver, true);
  await assert.rejects(watch.began, /changed my mind/);
});

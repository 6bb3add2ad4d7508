/** PostgreSQL as an engine, behind a line on which connections go dead without a word. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AnyEngine } from '../../src/engines/conformance/index.ts';
import type { EngineSession } from '../../src/engines/port/index.ts';
import { openPostgres, type PostgresOptions } from '../../src/engines/postgres/index.ts';
import { type Line, lineTo } from './line.ts';
import { openedOn, ownSchema, put, taken } from './postgres-scene.ts';
import { type PostgresStage, postgresStage } from './postgres-stage.ts';

let stage: PostgresStage;
before(async () => {
  stage = await postgresStage();
});
after(() => stage[Symbol.asyncDispose]());

async function openedBehind(line: Line, options: PostgresOptions): Promise<AnyEngine> {
  const url = stage.server.url.replace(`:${stage.server.port}/`, `:${line.port}/`);
  return (await openPostgres(url, options)) as unknown as AnyEngine;
}

/** All connections that an engine may have are open, and nothing is under way on them. */
async function settled(engine: AnyEngine): Promise<void> {
  const sessions = await Promise.all([1, 2, 3].map(() => engine.session({ ttlMs: 60_000 })));
  await Promise.all(sessions.map((session) => session.close()));
  await Promise.all([1, 2, 3, 4].map((at) => put(engine, `settled/${at}`)));
  await engine.list('settled');
}

/** Resolves when it has more time left than a moment ago, or none at all. */
async function renewed(session: EngineSession): Promise<void> {
  for (let leftMs = session.remainingMs; session.isLive; ) {
    await new Promise((resolve) => setImmediate(resolve));
    if (session.remainingMs > leftMs) return;
    leftMs = session.remainingMs;
  }
}

test('a session outlives its connections, and is not even suspended', async () => {
  await using line = await lineTo(Number(stage.server.port));
  await using engine = await openedBehind(line, { schema: ownSchema() });
  await settled(engine);
  const session = await engine.session({ ttlMs: 6_000 });
  const states: string[] = [];
  session.subscribe((state) => states.push(state));
  line.strand();
  await renewed(session);
  assert.deepEqual([session.isLive, states], [true, []]);
});

test('a watch hears of what happens behind its dead connections', async () => {
  const schema = ownSchema();
  await using line = await lineTo(Number(stage.server.port));
  await using engine = await openedBehind(line, { schema });
  await using other = await openedOn(stage, schema);
  const watch = engine.watch({ directory: 'cut' });
  assert.equal((await taken(watch.next())).kind, 'present');
  line.strand();
  await put(other, 'cut/a');
  assert.equal((await taken(watch.next())).kind, 'changes');
  await watch.return();
});

test('closing waits no longer for a server that says nothing than a call does', async () => {
  await using line = await lineTo(Number(stage.server.port));
  const engine = await openedBehind(line, { schema: ownSchema(), deadline: '1s' });
  await settled(engine);
  const session = await engine.session({ ttlMs: 86_400_000 });
  line.hold();
  await engine.close();
  assert.equal(session.state, 'lost');
});

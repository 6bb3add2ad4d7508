/** Makes items in every way that there is, and takes each of them away again; what is left of them is the engine's own. */
import assert from 'node:assert/strict';
import type { Capability, Engine, EngineSession, Operation } from '../../src/engines/port/index.ts';

/** Answers with the session under which some of them were, which is closed. */
export async function usedAndLeft(
  engine: Engine<Exclude<Capability, 'survives-failover' | 'watch-resume' | 'expiry-events'>>,
  directory: string,
): Promise<EngineSession> {
  const session = await engine.session({ ttlMs: 10_000 });
  const value = new TextEncoder().encode('me');
  const key = (name: string): string => `${directory}/${name}`;
  const shared = { kind: 'append', directory, label: 'item', value } as const;
  const made = await carriedOut(engine, [
    { kind: 'put', key: key('stays'), value },
    { kind: 'put', key: key('goes'), value, session },
    { kind: 'add', key: key('counts'), amount: 1 },
    { ...shared, id: 'aaaaaaaa' },
    { ...shared, id: 'bbbbbbbb', session },
    { ...shared, id: 'cccccccc', session },
  ]);
  await carriedOut(
    engine,
    [key('stays'), key('counts'), made[3], made[4]].map((one) => ({ kind: 'delete', key: one ?? '' })),
  );
  await session.close();
  assert.deepEqual((await engine.list(directory)).items, []);
  return session;
}

/** The keys of what was appended, at their places. */
async function carriedOut(
  engine: Engine,
  operations: readonly Operation[],
): Promise<readonly (string | undefined)[]> {
  const keys: (string | undefined)[] = [];
  for (const operation of operations) {
    const answer = await engine.transact({ operations: [operation] });
    const [result] = answer.succeeded ? answer.results : [];
    assert.equal(result?.kind, operation.kind);
    keys.push(result?.kind === 'append' ? result.key : undefined);
  }
  return keys;
}

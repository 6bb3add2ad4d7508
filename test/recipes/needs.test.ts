/** What each object needs of its engine: its type says so, and so does the refusal where types are not at hand. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { z } from 'zod';
import type { Capability } from '../../src/engines/port/index.ts';
import { type Coordination, coordinate } from '../../src/recipes/index.ts';
import { throwsWith } from '../ports/expectations.ts';
import { lacking, MemoryGround } from './memory-ground.ts';

const schema = z.object({});
type Recipe = (coordination: Coordination<Capability>) => unknown;

const table: readonly {
  readonly name: string;
  readonly needs: readonly Capability[];
  readonly make: Recipe;
}[] = [
  { name: 'counter', needs: ['survives-failover'], make: (all) => all.counter('x') },
  { name: 'sequence', needs: ['survives-failover'], make: (all) => all.sequence('x') },
  { name: 'value', needs: [], make: (all) => all.value('x') },
  { name: 'map', needs: [], make: (all) => all.map('x') },
  { name: 'config', needs: ['survives-failover'], make: (all) => all.config('x', { schema }) },
  { name: 'idGenerator', needs: ['survives-failover'], make: (all) => all.idGenerator('x') },
  { name: 'group', needs: [], make: (all) => all.group('x') },
  { name: 'queue', needs: ['transactions', 'survives-failover'], make: (all) => all.queue('x') },
  {
    name: 'priorityQueue',
    needs: ['transactions', 'survives-failover'],
    make: (all) => all.priorityQueue('x'),
  },
  { name: 'topic', needs: ['transactions', 'survives-failover'], make: (all) => all.topic('x') },
  { name: 'barrier', needs: [], make: (all) => all.barrier('x') },
  { name: 'doubleBarrier', needs: ['transactions'], make: (all) => all.doubleBarrier('x', 2) },
  { name: 'latch', needs: ['survives-failover'], make: (all) => all.latch('x', 2) },
];

for (const { name, needs, make } of table) {
  test(`${name} needs ${needs.length === 0 ? 'nothing' : needs.join(' and ')}, and nothing else`, async () => {
    await using ground = await MemoryGround.open();
    for (const capability of Object.keys(ground.engine.provides) as Capability[]) {
      const weak = coordinate(lacking(ground.engine, capability)) as Coordination<Capability>;
      if (needs.includes(capability)) {
        const error = throwsWith('capability-missing', () => make(weak));
        assert.equal(error.data.capability, capability);
      } else assert.ok(make(weak));
      await weak.close();
    }
  });
}

test('what an engine lacks does not compile', async () => {
  await using ground = await MemoryGround.open();
  const weak = coordinate(lacking(ground.engine, 'transactions', 'survives-failover'));
  // @ts-expect-error: without transactions
  throwsWith('capability-missing', () => weak.queue('x'));
  // @ts-expect-error: without transactions
  throwsWith('capability-missing', () => weak.doubleBarrier('x', 2));
  // @ts-expect-error: what was acknowledged may be lost
  throwsWith('capability-missing', () => weak.sequence('x'));
  assert.ok(weak.value('x'));
  await weak.close();
});

test('the page of the objects says of each what it needs', async () => {
  const page = await readFile(new URL('../../docs/objects.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => /^\| \[`/.test(line));
  for (const { name, needs } of table) {
    const row = rows.find((line) => line.includes(`\`${name}\``));
    assert.ok(row, `no row of ${name}`);
    const told = row.split('|')[3]?.trim();
    assert.equal(told, needs.length === 0 ? 'nothing' : needs.map((need) => `\`${need}\``).join(', '));
  }
});

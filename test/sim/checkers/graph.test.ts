/** Cycles in graphs: components against plain reachability, ways and cycles against their definitions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  LabelledGraph,
  PathSearch,
  shortestCycle,
  strongComponents,
} from '../../../src/sim/checkers/graph/index.ts';

const nodeCount = 8;
const edges = fc.array(
  fc.record({
    from: fc.nat({ max: nodeCount - 1 }),
    to: fc.nat({ max: nodeCount - 1 }),
    kind: fc.constantFrom(1, 2, 4),
  }),
  { maxLength: 24 },
);
const masks = fc.constantFrom(1, 3, 5, 7);

type Edges = readonly { readonly from: number; readonly to: number; readonly kind: number }[];

function build(list: Edges): LabelledGraph {
  const graph = new LabelledGraph(nodeCount);
  for (const [place, { from, to, kind }] of list.entries()) graph.add(from, to, kind, place);
  return graph;
}

/** The length of the shortest way of at least one edge, per pair; Infinity where there is none. */
function distances(list: Edges, mask: number): number[][] {
  const table = Array.from({ length: nodeCount }, () =>
    new Array<number>(nodeCount).fill(Number.POSITIVE_INFINITY),
  );
  for (const { from, to, kind } of list)
    if ((kind & mask) !== 0 && from !== to) (table[from] as number[])[to] = 1;
  for (let middle = 0; middle < nodeCount; middle += 1)
    for (let from = 0; from < nodeCount; from += 1)
      for (let to = 0; to < nodeCount; to += 1) {
        const row = table[from] as number[];
        row[to] = Math.min(row[to] as number, (row[middle] as number) + (table[middle]?.[to] as number));
      }
  return table;
}

test('two nodes share a component exactly when each reaches the other', async () => {
  await fc.assert(
    fc.property(edges, masks, (list, mask) => {
      const { componentOf, cyclic } = strongComponents(build(list), mask);
      const reach = distances(list, mask);
      for (let left = 0; left < nodeCount; left += 1) {
        for (let right = 0; right < nodeCount; right += 1) {
          const together =
            left === right ||
            (reach[left]?.[right] ?? 0) + (reach[right]?.[left] ?? 0) < Number.POSITIVE_INFINITY;
          assert.equal(componentOf[left] === componentOf[right], together, `${left} and ${right}`);
        }
      }
      const onCycles = Array.from({ length: nodeCount }, (_, node) => node).filter(
        (node) => (reach[node]?.[node] ?? 0) < Number.POSITIVE_INFINITY,
      );
      assert.deepEqual(
        cyclic.flat().sort((left, right) => left - right),
        onCycles,
      );
    }),
    { numRuns: 500 },
  );
});

test('ways and cycles are real, and the shortest', async () => {
  await fc.assert(
    fc.property(edges, masks, (list, mask) => {
      const graph = build(list);
      const components = strongComponents(graph, mask);
      const reach = distances(list, mask);
      for (const component of components.cyclic) {
        const cycle = shortestCycle(graph, components, component, mask).map((id) => graph.edge(id));
        assert.equal(cycle.length, Math.min(...component.map((node) => reach[node]?.[node] as number)));
        for (const [place, edge] of cycle.entries()) {
          assert.equal(edge.to, cycle[(place + 1) % cycle.length]?.from);
          assert((edge.kind & mask) !== 0);
        }
        const [from, to] = [component[0] as number, component[1] as number];
        const way = new PathSearch(graph, components).path(from, to, mask);
        assert.equal(way?.length, reach[from]?.[to]);
        assert.equal(
          new PathSearch(graph, components).path(from, to, mask, (way?.length ?? 1) - 1),
          undefined,
        );
      }
    }),
    { numRuns: 500 },
  );
});

test('a cycle of a hundred thousand nodes is found without running out of stack', () => {
  const count = 100_000;
  const graph = new LabelledGraph(count);
  for (let node = 0; node < count; node += 1) graph.add(node, (node + 1) % count, 1, 0);
  const { cyclic } = strongComponents(graph, 1);
  assert.deepEqual(
    cyclic.map(({ length }) => length),
    [count],
  );
});

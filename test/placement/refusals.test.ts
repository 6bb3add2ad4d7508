/** What is refused, row by row: each error names the field, and says what would be taken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import {
  BoundedLoadPlacement,
  JumpPlacement,
  jumpHash,
  MaglevBuild,
  MaglevPlacement,
  ModuloPlacement,
  type PlacementNode,
  planMoves,
  preferenceList,
  RangePlacement,
  RingPlacement,
} from '../../src/placement/index.ts';
import { group, strategies } from './groups.ts';

function refused(option: string, act: () => unknown): void {
  assert.throws(act, (error) => {
    assert.ok(isQuorateError(error) && error.code === 'invalid-option', String(error));
    assert.equal(error.data.option, option);
    return true;
  });
}

const nodes = group(3);

function second(change: Readonly<Record<string, unknown>>): PlacementNode[] {
  return [{ id: 'a' }, { id: 'b', ...change }];
}

const badNodes: readonly (readonly [what: string, option: string, nodes: readonly PlacementNode[]])[] = [
  ['no nodes', 'nodes', []],
  ['more nodes than places', 'nodes', group(65_537)],
  ['an id twice', 'nodes[1].id', second({ id: 'a' })],
  ['an empty id', 'nodes[1].id', second({ id: '' })],
  ['an id that is a number', 'nodes[1].id', second({ id: 7 })],
  ['no node', 'nodes[0]', [null as unknown as PlacementNode]],
  ['a weight of zero', 'nodes[1].weight', second({ weight: 0 })],
  ['a weight below zero', 'nodes[1].weight', second({ weight: -1 })],
  ['a weight without end', 'nodes[1].weight', second({ weight: Number.POSITIVE_INFINITY })],
  ['a weight that is no number', 'nodes[1].weight', second({ weight: Number.NaN })],
  ['a weight that is a text', 'nodes[1].weight', second({ weight: '2' })],
  ['a zone that is a number', 'nodes[1].zone', second({ zone: 2 })],
];

for (const [what, option, bad] of badNodes) {
  for (const [name, make] of Object.entries(strategies)) {
    if (bad.length === 0 || name !== 'range')
      test(`${name} refuses ${what}`, () => refused(option, () => make(bad)));
  }
}

for (const [name, make] of Object.entries(strategies)) {
  test(`${name} refuses to name no owner, half an owner, or more than there are nodes`, () => {
    const placement = make(nodes);
    for (const count of [0, -1, 1.5, 4, Number.NaN]) {
      refused('count', () => placement.owners('key', count));
      refused('count', () => preferenceList(placement, 'key', count));
    }
    assert.equal(new Set(placement.owners('key', 3)).size, 3);
  });
}

const whole = [{ from: '', owner: 'node-0' }];
const ring = new RingPlacement(nodes);

const rows: readonly (readonly [what: string, option: string, act: () => unknown])[] = [
  ['weights with modulo', 'nodes[1].weight', () => new ModuloPlacement(second({ weight: 2 }))],
  ['weights with jump', 'nodes[1].weight', () => new JumpPlacement(second({ weight: 2 }))],
  ['no buckets', 'buckets', () => jumpHash(1, 0, 0)],
  ['no points', 'virtualNodes', () => new RingPlacement(nodes, { virtualNodes: 0 })],
  ['half a point', 'virtualNodes', () => new RingPlacement(nodes, { virtualNodes: 1.5 })],
  [
    'a former ring that is none',
    'former',
    () => new RingPlacement(nodes, { former: new JumpPlacement(nodes) as never }),
  ],
  ['a weight that needs too many points', 'weight of b', () => new RingPlacement(second({ weight: 1e6 }))],
  ['a table that is not prime', 'tableSize', () => new MaglevPlacement(nodes, { tableSize: 65_536 })],
  ['a table with less slots than nodes', 'tableSize', () => new MaglevPlacement(nodes, { tableSize: 2 })],
  ['a build that does nothing', 'looks', () => new MaglevBuild(nodes).advance(0)],
  ['a build of nobody', 'nodes', () => new MaglevBuild([])],
  ['a factor of one', 'factor', () => new BoundedLoadPlacement(nodes, { factor: 1 })],
  ['a factor that is no number', 'factor', () => new BoundedLoadPlacement(nodes, { factor: Number.NaN })],
  ['a node that nobody knows', 'id', () => new BoundedLoadPlacement(nodes).loadOf('x')],
  ['the capacity of one', 'id', () => new BoundedLoadPlacement(nodes).capacityOf('x')],
  ['a release of what is not held', 'id', () => new BoundedLoadPlacement(nodes).release('node-0')],
  ['no ranges', 'ranges', () => new RangePlacement(nodes, [])],
  [
    'a first range that leaves keys out',
    'ranges[0].from',
    () => new RangePlacement(nodes, [{ from: 'a', owner: 'node-0' }]),
  ],
  ['two ranges of one start', 'ranges[1].from', () => new RangePlacement(nodes, [...whole, ...whole])],
  [
    'an owner that is no node',
    'ranges[0].owner',
    () => new RangePlacement(nodes, [{ from: '', owner: 'x' }]),
  ],
  ['a bound of one', 'bound', () => planMoves(ring, ring, { bound: 1 })],
  ['no samples', 'samples', () => planMoves(ring, ring, { samples: 0 })],
  ['no keys', 'keys', () => planMoves(ring, ring, { keys: [] })],
  [
    'a size below zero',
    'sizeOf',
    () => {
      const placement = new RangePlacement(nodes, whole);
      return planMoves(placement, placement, { sizeOf: () => -1 });
    },
  ],
];

for (const [what, option, act] of rows) test(`refused: ${what}`, () => refused(option, act));

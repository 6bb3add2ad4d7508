/** What transactions become, by tables: the steps that are sent, and what is refused without sending anything. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation, TransactRequest } from '../../../src/engines/port/index.ts';
import { Layout } from '../../../src/engines/zookeeper/layout.ts';
import { type Plan, planTransaction, restsOnNode } from '../../../src/engines/zookeeper/transaction-plan.ts';
import { type NodeData, noSession, type Step } from '../../../src/engines/zookeeper/wire/index.ts';

const layout = new Layout('', 'q');
const access = { scheme: 'world', id: 'anyone' };
const owner = '00000000000000aa';
const lockKey = 'locks/a/_c_abcdefgh-lock-0000000003';

interface Shape {
  readonly created?: number;
  readonly version?: number;
  readonly owner?: string;
  readonly data?: string;
  readonly children?: number;
}

function node({
  created = 10,
  version = 0,
  owner: own = noSession,
  data = '',
  children = 0,
}: Shape = {}): NodeData {
  return {
    data: new TextEncoder().encode(data),
    state: { czxid: created, mzxid: created + version, version, owner: own, childrenCount: children },
  };
}

const root = { '/q': node({ version: 4, children: 1 }), '/q/config': node({ version: 2, children: 1 }) };
const there = { ...root, '/q/config/a': node({ created: 10, version: 3, data: '7' }) };

function put(key: string, isOwned = false): Operation {
  const session = { id: owner } as never;
  return { kind: 'put', key, value: new Uint8Array(1), ...(isOwned ? { session } : {}) };
}

function planned(
  request: TransactRequest,
  nodes: Readonly<Record<string, NodeData>>,
  assumed: Readonly<Record<string, number>> = {},
): Plan {
  const facts = { nodes: new Map(Object.entries(nodes)), assumed: new Map(Object.entries(assumed)) };
  return planTransaction(request, { layout, access, facts, owner });
}

function shown(step: Step): string {
  if (step.do === 'create') return `create ${step.node.path} ${step.node.kind}`;
  return `${step.do} ${step.path} ${step.version}`;
}

interface Row {
  readonly name: string;
  readonly request: TransactRequest;
  readonly nodes?: Readonly<Record<string, NodeData>>;
  readonly assumed?: Readonly<Record<string, number>>;
  readonly steps: readonly string[];
}

const lineage = ['check /q/config 2', 'check /q 4'];
const rows: readonly Row[] = [
  {
    name: 'a new item marks its directory',
    request: { operations: [put('config/b')] },
    steps: ['set /q/config -1', 'create /q/config/b 0'],
  },
  {
    name: 'the first item of a directory marks the one above too',
    request: { operations: [put('config/b', true)] },
    nodes: { '/q': node(), '/q/config': node() },
    steps: ['set /q/config 0', 'set /q 0', 'create /q/config/b 1'],
  },
  {
    name: 'a directory with data of another program is marked only as it was read',
    request: { operations: [put('config/b')] },
    nodes: { ...root, '/q/config': node({ version: 9, data: 'theirs' }) },
    steps: ['set /q/config 9', 'create /q/config/b 0'],
  },
  {
    name: 'a change pins the item and all above it',
    request: { operations: [put('config/a')] },
    nodes: there,
    steps: ['check /q/config/a 3', ...lineage, 'set /q/config/a 3'],
  },
  {
    name: 'an item that gets another session is deleted and made',
    request: { operations: [put('config/a', true)] },
    nodes: there,
    steps: [
      'check /q/config/a 3',
      ...lineage,
      'set /q/config -1',
      'delete /q/config/a 3',
      'create /q/config/a 1',
    ],
  },
  {
    name: 'an addition pins what it adds to',
    request: { operations: [{ kind: 'add', key: 'config/a', amount: 2 }] },
    nodes: there,
    steps: ['check /q/config/a 3', ...lineage, 'set /q/config/a 3'],
  },
  {
    name: 'a fence of an appended item checks that it is there, and nothing else',
    request: { fences: [{ key: lockKey, token: 20 }], operations: [{ kind: 'delete', key: 'config/a' }] },
    nodes: there,
    assumed: { [layout.pathOf(lockKey)]: 20 },
    steps: [`check ${layout.pathOf(lockKey)} -1`, 'delete /q/config/a -1'],
  },
  {
    name: 'a fence of a plain item pins it with all above it',
    request: { fences: [{ key: 'config/a', token: 10 }], operations: [{ kind: 'delete', key: 'config/a' }] },
    nodes: there,
    steps: ['check /q/config/a 3', ...lineage, 'delete /q/config/a -1'],
  },
  {
    name: 'what is absent is shown by making and deleting it',
    request: { when: [{ key: 'config/b', is: 'absent' }], operations: [{ kind: 'delete', key: 'config/a' }] },
    nodes: there,
    steps: ['create /q/config/b 0', 'delete /q/config/b -1', 'delete /q/config/a -1'],
  },
  {
    name: 'an absent item that is made needs no other proof',
    request: { when: [{ key: 'config/b', is: 'absent' }], operations: [put('config/b')] },
    steps: ['set /q/config -1', 'create /q/config/b 0'],
  },
  {
    name: 'an append is one step',
    request: {
      operations: [
        { kind: 'append', directory: 'config', label: 'lock', id: 'abcdefgh', value: new Uint8Array(0) },
      ],
    },
    steps: ['create /q/config/_c_abcdefgh-lock- 2'],
  },
];

for (const { name, request, nodes = root, assumed, steps } of rows)
  test(name, () => {
    const plan = planned(request, nodes, assumed);
    assert.ok(plan.kind === 'steps', plan.kind);
    assert.deepEqual(plan.steps.map(shown), steps);
  });

const refused: readonly (readonly [name: string, request: TransactRequest, plan: object])[] = [
  [
    'an absent item that is there',
    { when: [{ key: 'config/a', is: 'absent' }], operations: [put('config/a')] },
    { kind: 'refused', reason: 'condition' },
  ],
  [
    'an item that was created anew',
    { when: [{ key: 'config/a', is: 'created', created: 9 }], operations: [put('config/a')] },
    { kind: 'refused', reason: 'condition' },
  ],
  [
    'an item that has changed',
    { when: [{ key: 'config/a', is: 'unchanged', modified: 12 }], operations: [put('config/a')] },
    { kind: 'refused', reason: 'condition' },
  ],
  [
    'a sum over its bound',
    { operations: [{ kind: 'add', key: 'config/a', amount: 2, most: 8 }] },
    { kind: 'refused', reason: 'bound' },
  ],
  [
    'a token of before',
    { fences: [{ key: 'config/a', token: 9 }], operations: [put('config/a')] },
    { kind: 'fenced', fence: { key: 'config/a', token: 9 }, current: 10 },
  ],
  [
    'a directory that is not there',
    { operations: [put('none/a')] },
    { kind: 'directories', directories: ['none'] },
  ],
];

for (const [name, request, plan] of refused)
  test(`nothing is sent for ${name}`, () => {
    assert.deepEqual(planned(request, there), plan);
  });

const thrown: readonly (readonly [
  name: string,
  operation: Operation,
  nodes: Record<string, NodeData>,
  code: string,
])[] = [
  ['a plain item with the name of an append', put(lockKey), { '/q/locks/a': node() }, 'invalid-option'],
  [
    'another session for an appended item',
    put(lockKey),
    { '/q/locks/a': node(), [layout.pathOf(lockKey)]: node({ owner }) },
    'invalid-option',
  ],
  [
    'an addition to what is no number',
    { kind: 'add', key: 'config/a', amount: 1 },
    { ...root, '/q/config/a': node({ data: 'one' }) },
    'engine-failed',
  ],
  [
    'a change of a directory',
    put('config/a'),
    { ...root, '/q/config/a': node({ children: 2 }) },
    'engine-failed',
  ],
];

for (const [name, operation, nodes, code] of thrown)
  test(`${name} is refused`, () => {
    assert.throws(() => planned({ operations: [operation] }, nodes), { code, outcome: 'not-applied' });
  });

test('the identity of an appended item is enough but for what rests on its data or its absence', () => {
  const remove: TransactRequest = { operations: [{ kind: 'delete', key: lockKey }] };
  assert.equal(restsOnNode(lockKey, remove), false);
  assert.equal(restsOnNode(lockKey, { ...remove, when: [{ key: lockKey, is: 'present' }] }), false);
  assert.equal(restsOnNode(lockKey, { ...remove, when: [{ key: lockKey, is: 'absent' }] }), true);
  assert.equal(
    restsOnNode(lockKey, { ...remove, when: [{ key: lockKey, is: 'unchanged', modified: 1 }] }),
    true,
  );
  assert.equal(restsOnNode(lockKey, { operations: [put(lockKey)] }), true);
});

test('the answer to a transaction is made from its number', () => {
  const plan = planned(
    { operations: [put('config/a'), put('config/b'), { kind: 'delete', key: 'config/c' }] },
    there,
  );
  assert.ok(plan.kind === 'steps');
  assert.deepEqual(
    plan.operations.map(({ result }) => result(99, undefined)),
    [
      { kind: 'put', created: 10, modified: 99 },
      { kind: 'put', created: 99, modified: 99 },
      { kind: 'delete', existed: false },
    ],
  );
});

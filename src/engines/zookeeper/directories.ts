/**
 * Directories are made when their first item is, as containers: the server collects those that have become empty. The
 * root stays for good, and so does what lies directly under `/`, for whose making no other node could be marked.
 *
 * What a plain name meant a moment ago is pinned by the version of its node, and versions begin anew when a node does.
 * So whoever makes a node with a plain name also writes its parent, whose version then shows that something was made
 * below it; and because a directory may be collected and made anew itself, the same holds for it and its own parent,
 * up to a node that is never collected. A transaction that checks all of these versions is refused when anything that
 * it rests on was made anew, as long as all who write keep to this rule.
 */
import type { Call } from './calls.ts';
import type { ZookeeperClient } from './connection/index.ts';
import { bodyOf, isContainer, type Tree } from './tree.ts';
import {
  anyVersion,
  errorNumbers,
  type NodeData,
  nodeKinds,
  type Step,
  type TransactionReply,
  transactionRequest,
} from './wire/index.ts';

const noData = new Uint8Array(0);
/** Somebody else made it, or its parent vanished: looking again tells. */
const changedErrors: ReadonlySet<number> = new Set([
  errorNumbers.nodeExists,
  errorNumbers.noNode,
  errorNumbers.badVersion,
]);

/** Nodes as they were read, by their paths; undefined where there was none. */
export type Nodes = ReadonlyMap<string, NodeData | undefined>;

/** A step that shows that something is made under `path`; data of another program that is there stays. */
export function markStep(path: string, { data, state }: NodeData): Step {
  return { do: 'set', path, data, version: data.length === 0 ? anyVersion : state.version };
}

/** Steps that hold as long as nothing of this lineage was made anew. The directory itself is last in it. */
export function lineageChecks(lineage: readonly string[], nodes: Nodes): Step[] {
  const steps: Step[] = [];
  for (const path of lineage.toReversed()) {
    const node = nodes.get(path);
    if (node === undefined) break;
    steps.push({ do: 'check', path, version: node.state.version });
    if (!isContainer(node.state)) break;
  }
  return steps;
}

/** Makes a directory with all that is missing above it. */
export async function makeDirectory(
  tree: Tree,
  client: ZookeeperClient,
  call: Call,
  directory: string,
): Promise<void> {
  const { layout } = tree;
  const above = layout.rootLineage();
  const lineage = layout.lineage(directory);
  const paths = [...above, ...lineage.filter((path) => !above.includes(path))];
  while (true) {
    const found = await tree.read(call, (link) => tree.datas(link, paths));
    const missing = found.indexOf(undefined);
    if (missing === -1) return;
    const path = paths[missing] as string;
    const parent = found[missing - 1];
    const isLasting = missing <= paths.indexOf(layout.root) || (layout.root === '/' && missing === 1);
    const kind = isLasting ? nodeKinds.persistent : nodeKinds.container;
    const node = { path, data: noData, kind, access: tree.access };
    const mark = isLasting || parent === undefined ? [] : [markStep(paths[missing - 1] as string, parent)];
    await make(client, call, [...mark, { do: 'create', node }]);
  }
}

/** A node without data may be asked for again, whatever became of the first request. */
async function make(client: ZookeeperClient, call: Call, steps: readonly Step[]): Promise<void> {
  const link = await client.connected(call.signal);
  let reply: TransactionReply;
  try {
    reply = bodyOf(link, await link.request(transactionRequest(steps)));
  } catch (error) {
    if (link.isLost) return;
    throw error;
  }
  if ('error' in reply && !changedErrors.has(reply.error))
    bodyOf(link, { ...reply, zxid: 0, body: undefined });
}

/**
 * Directories are made when their first item is, as containers: the server collects those that have become empty. The
 * root stays for good, and so does what lies directly under `/`.
 *
 * What a plain name meant a moment ago is pinned by the version of its node, and versions begin anew when a node does.
 * So whoever makes an item with a plain name also writes its directory, whose version then shows that something was
 * made in it. A directory may be collected and made anew itself: the first item that is made in one of version 0 marks
 * the directory above in the same transaction, and so on up to a node that was marked before or is never collected. (A
 * server does not tell which nodes are containers; all below the root are taken for such.)
 * Hence, if anything that a plan rests on was made anew, the version of a node above it has moved, and a transaction
 * that checks all of these versions is refused; as long as all who write keep to this rule.
 */
import type { Call } from './calls.ts';
import type { ZookeeperClient } from './connection/index.ts';
import { bodyOf, type Tree } from './tree.ts';
import {
  anyVersion,
  createRequest,
  errorNumbers,
  type NewNode,
  type NodeData,
  nodeKinds,
  type Step,
} from './wire/index.ts';

const noData = new Uint8Array(0);
/** Nodes as they were read, by their paths; undefined where there was none. */
export type Nodes = ReadonlyMap<string, NodeData | undefined>;

type MarkStep = Extract<Step, { do: 'set' }>;
type CheckStep = Extract<Step, { do: 'check' }>;

/** Steps that show that something is made in the last of this lineage. Data of another program that is there stays. */
export function markSteps(lineage: readonly string[], nodes: Nodes): MarkStep[] {
  const steps: MarkStep[] = [];
  for (const [path, { data, state }] of lifted(lineage, nodes)) {
    const isFirst = state.version === 0;
    const version = isFirst || data.length > 0 ? state.version : anyVersion;
    steps.push({ do: 'set', path, data, version });
    if (!isFirst) break;
  }
  return steps;
}

/** Steps that hold as long as nothing of this lineage was made anew. The directory itself is last in it. */
export function lineageChecks(lineage: readonly string[], nodes: Nodes): CheckStep[] {
  return lifted(lineage, nodes).map(([path, { state }]) => ({ do: 'check', path, version: state.version }));
}

/** From the directory up to the root; `/` itself is left alone, and what lies directly under it is never collected. */
function lifted(lineage: readonly string[], nodes: Nodes): (readonly [string, NodeData])[] {
  const above: (readonly [string, NodeData])[] = [];
  for (const path of lineage.toReversed()) {
    const node = nodes.get(path);
    if (node === undefined || path === '/') break;
    above.push([path, node]);
  }
  return above;
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
    const isLasting = missing <= paths.indexOf(layout.root) || (layout.root === '/' && missing === 1);
    const kind = isLasting ? nodeKinds.persistent : nodeKinds.container;
    await make(client, call, { path, data: noData, kind, access: tree.access });
  }
}

/** A node without data may be asked for again, whatever became of the first request. */
async function make(client: ZookeeperClient, call: Call, node: NewNode): Promise<void> {
  const link = await client.connected(call.signal);
  try {
    const reply = await link.request(createRequest(node));
    // Somebody else made it, or its parent vanished: looking again tells.
    if (reply.error !== errorNumbers.nodeExists && reply.error !== errorNumbers.noNode) bodyOf(link, reply);
  } catch (error) {
    if (!link.isLost) throw error;
  }
}

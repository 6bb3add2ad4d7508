/**
 * Carries a transaction out: reads what it rests on, plans it, sends it, and begins again where somebody came between.
 * Where a connection is lost behind a transaction with an appended item, that item's identity tells whether it was
 * done; every other one is unknown, and its caller hears so.
 */
import { QuorateError, untilAborted } from '../../base/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import {
  type Operation,
  pauseBetweenTries,
  sessionOver,
  type TransactAnswer,
  type TransactRequest,
} from '../port/index.ts';
import { type Call, changing } from './calls.ts';
import {
  failed,
  type Reply,
  refusedBy,
  type ZookeeperClient,
  type ZookeeperLink,
} from './connection/index.ts';
import { makeDirectory } from './directories.ts';
import { directoryOf, isAppendedBy } from './layout.ts';
import { type Facts, type Plan, planTransaction, restsOnNode } from './transaction-plan.ts';
import { bodyOf, isAppended, type Tree } from './tree.ts';
import {
  childrenRequest,
  errorNumbers,
  type NodeData,
  syncRequest,
  type TransactionReply,
  transactionRequest,
} from './wire/index.ts';

type Append = Extract<Operation, { kind: 'append' }>;
type Steps = Extract<Plan, { kind: 'steps' }>;

export interface Writer {
  readonly tree: Tree;
  /** Reads, and makes directories. */
  readonly main: ZookeeperClient;
  /** Of the session that the request belongs to, or the main one. */
  readonly client: ZookeeperClient;
  /** The session of the request. */
  readonly owner: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** What was read for a plan. */
interface Gathered extends Facts {
  /** Items that an earlier request has appended, by their identities. */
  readonly appended: ReadonlyMap<string, Appended>;
}

interface Appended {
  readonly key: string;
  readonly created: number;
}

type Outcome =
  | { readonly kind: 'done'; readonly zxid: number; readonly appended: readonly (string | undefined)[] }
  /** Somebody came between, or nothing was sent. */
  | { readonly kind: 'conflict' }
  | { readonly kind: 'lost'; readonly error: QuorateError };

const conflicts: ReadonlySet<number> = new Set([
  errorNumbers.badVersion,
  errorNumbers.noNode,
  errorNumbers.nodeExists,
]);

export async function transact(
  writer: Writer,
  call: Call,
  request: TransactRequest,
): Promise<TransactAnswer> {
  const { tree, main, owner, clock, random } = writer;
  const { layout, access } = tree;
  const appends = request.operations.filter(isAppend);
  /** A plan whose answer was lost. */
  let sent: Steps | undefined;
  let conflictsBefore = 0;
  for (let mayAssume = true; ; mayAssume = false) {
    if (sent !== undefined) await settle(writer, call);
    const facts = await gather(writer, call, request, mayAssume);
    if (facts.appended.size > 0) return answerFound(request, facts.appended, sent);
    sent = undefined;
    call.isChanging = false;
    const plan = planTransaction(request, { layout, access, facts, owner });
    if (plan.kind === 'refused') return { succeeded: false, reason: plan.reason };
    if (plan.kind === 'fenced') throw fencedError(plan);
    if (plan.kind === 'directories') {
      for (const directory of plan.directories) await makeDirectory(tree, main, call, directory);
      continue;
    }
    const outcome = await send(writer, call, plan);
    if (outcome.kind === 'done') return answerOf(plan, outcome.zxid, outcome.appended);
    if (outcome.kind === 'conflict') {
      if (conflictsBefore > 0)
        await pauseBetweenTries({ clock, random, before: conflictsBefore, signal: call.signal });
      call.signal.throwIfAborted();
      conflictsBefore += 1;
      continue;
    }
    if (appends.length === 0) throw outcome.error;
    sent = plan;
  }
}

/** Reads all that the request rests on in one flight: directories from the top, then items, so that what was made anew meanwhile shows in the directory above it. */
async function gather(
  { tree }: Writer,
  call: Call,
  request: TransactRequest,
  mayAssume: boolean,
): Promise<Gathered> {
  const { layout, identities } = tree;
  const { when = [], fences = [], operations } = request;
  const assumed = new Map<string, number>();
  const directories = new Set<string>();
  const items = new Set<string>();
  const keys = [...when, ...fences, ...operations].flatMap((one) => ('key' in one ? [one.key] : []));
  for (const key of keys) {
    const path = layout.pathOf(key);
    const created = isAppended(key) ? identities.created(path) : undefined;
    if (created !== undefined && mayAssume && !restsOnNode(key, request)) assumed.set(path, created);
    else items.add(path);
    if (!isAppended(key)) for (const above of layout.lineage(directoryOf(key))) directories.add(above);
  }
  const appends = operations.filter(isAppend);
  for (const { directory } of appends) directories.add(layout.pathOf(directory));
  const none = {
    nodes: new Map<string, NodeData | undefined>(),
    assumed,
    appended: new Map<string, Appended>(),
  };
  if (directories.size + items.size === 0) return none;
  const paths = [...[...directories].sort((a, b) => a.length - b.length), ...items];
  return await tree.read(call, async (link) => {
    const [nodes, appended] = await Promise.all([
      tree.datas(link, paths),
      Promise.all(appends.map((append) => findAppended(tree, link, append))),
    ]);
    const found = appended.flatMap((one, at) =>
      one === undefined ? [] : [[(appends[at] as Append).id, one] as const],
    );
    return { nodes: new Map(paths.map((path, at) => [path, nodes[at]])), assumed, appended: new Map(found) };
  });
}

async function findAppended(
  tree: Tree,
  link: ZookeeperLink,
  { directory, id }: Append,
): Promise<Appended | undefined> {
  const path = tree.layout.pathOf(directory);
  const children = await tree.found(link, childrenRequest(path));
  const name = children?.names.find((one) => isAppendedBy(id, one));
  if (name === undefined) return undefined;
  const [state] = await tree.states(link, [`${path}/${name}`]);
  return state === undefined ? undefined : { key: `${directory}/${name}`, created: state.czxid };
}

/**
 * Behind a new connection of the same session, or behind its end, nothing that was sent on the old one can still
 * happen: the server refuses what comes of a session that has moved. Requests that wait in the same server are
 * behind us when it answers.
 */
async function settle(writer: Writer, call: Call): Promise<void> {
  while (true) {
    const link = await connected(writer, call);
    try {
      bodyOf(link, await link.request(syncRequest(writer.tree.layout.root)));
      return;
    } catch (error) {
      if (!link.isLost) throw error;
      await untilAborted(link.lost, call.signal);
    }
  }
}

async function send(writer: Writer, call: Call, plan: Steps): Promise<Outcome> {
  const { tree } = writer;
  if (plan.steps.length === 0) return { kind: 'done', zxid: 0, appended: [] };
  const link = await connected(writer, call);
  let reply: Reply<TransactionReply>;
  try {
    reply = await changing(call, link.request(transactionRequest(plan.steps)));
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    if (error.code !== 'engine-unreachable') throw error;
    return error.outcome === 'unknown' ? { kind: 'lost', error } : { kind: 'conflict' };
  }
  const { zxid } = reply;
  if (conflicts.has(reply.error)) return { kind: 'conflict' };
  const body = bodyOf(link, reply);
  if ('error' in body) {
    if (conflicts.has(body.error)) return { kind: 'conflict' };
    throw refusedBy(link.address, body.error);
  }
  const appended = plan.operations.map(({ appendStep }) => {
    const result = appendStep === undefined ? undefined : body.done[appendStep];
    if (result?.do !== 'create') return undefined;
    tree.identities.learn(result.path, zxid);
    return tree.layout.keyOf(result.path);
  });
  return { kind: 'done', zxid, appended };
}

/** A session that is over before anything was sent under it has changed nothing. */
async function connected({ client }: Writer, call: Call): Promise<ZookeeperLink> {
  try {
    return await client.connected(call.signal);
  } catch (error) {
    if (call.isChanging || !(error instanceof QuorateError) || error.code !== 'session-expired') throw error;
    throw sessionOver(client.session, 'nothing more is sent under it', error);
  }
}

function answerOf(
  { operations }: Steps,
  zxid: number,
  appended: readonly (string | undefined)[],
): TransactAnswer {
  const results = operations.map(({ result }, at) => result(zxid, appended[at]));
  return { succeeded: true, results, mark: undefined };
}

/** All of a transaction has the number of its appended item, so the item tells what became of the rest. */
function answerFound(
  { operations }: TransactRequest,
  found: ReadonlyMap<string, Appended>,
  sent: Steps | undefined,
): TransactAnswer {
  const items = operations.map((operation) => (isAppend(operation) ? found.get(operation.id) : undefined));
  const [first] = found.values();
  if (sent !== undefined)
    return answerOf(
      sent,
      first?.created ?? 0,
      items.map((item) => item?.key),
    );
  const [only] = items;
  if (only !== undefined && operations.length === 1)
    return { succeeded: true, results: [{ kind: 'append', ...only }], mark: undefined };
  const [id] = found.keys();
  throw failed(
    `an item with the id ${id} was appended by an earlier call, and what else that call did is not known; ` +
      'use an id that is new for each transaction',
    'the id was used before',
  );
}

function isAppend(operation: Operation): operation is Append {
  return operation.kind === 'append';
}

function fencedError({ fence, current }: Extract<Plan, { kind: 'fenced' }>): QuorateError<'fenced'> {
  const { key, token } = fence;
  const now = current === 0 ? 'nothing is there' : `what is there was created with ${current}`;
  return new QuorateError({
    code: 'fenced',
    message: `the token ${token} of ${key} is no longer valid: ${now}; stop, and acquire it again`,
    data: { token, current },
    outcome: 'not-applied',
  });
}

/**
 * Whether a node is ready to serve, found out by what it would do for a client: a linearizable read through it of
 * every group that it hosts. Such a read needs a leader whom a majority follows, and waits until this node has
 * applied what was committed when it was asked; so who answers it in time has a leader and has caught up. A node
 * without a leader refuses at once: who asks again and again leaves it a turn of its loop in between.
 */
import { ByteWriter, isQuorateError } from '../base/index.ts';
import type { LifecycleStateName, NodeLifecycle } from '../membership/index.ts';
import { encodeCommand } from '../mvcc/index.ts';
import type { QuorateNode } from '../node/index.ts';
import type { Clock } from '../ports/index.ts';
import type { RaftStatus } from '../raft/index.ts';

export interface Readiness {
  readonly ready: boolean;
  /** Why not, one sentence for each group that is not. */
  readonly reasons: readonly string[];
}

/** The same of a node whose life is driven by a lifecycle. */
export interface LivingReadiness extends Readiness {
  readonly state: LifecycleStateName;
}

export interface ReadinessOptions {
  readonly clock: Clock;
  /** How long a read may take. Default 1,000. */
  readonly readMsMax?: number;
  /** What is asked of each group; anything that its state machine answers. Default: a question for the revisioned store. */
  readonly query?: Uint8Array;
}

export async function readinessOf(node: QuorateNode, options: ReadinessOptions): Promise<Readiness> {
  const { clock, readMsMax = 1_000, query = storeQuery() } = options;
  const looks = [...node.status().groups].map(async ([group, status]) => {
    const problem = await readProblem(() => node.read(group, query), clock, readMsMax);
    return problem === undefined ? [] : [`group ${group} ${stateOf(status)}; a read through it ${problem}`];
  });
  const reasons = (await Promise.all(looks)).flat();
  return { ready: reasons.length === 0, reasons };
}

/**
 * Ready only while it serves: who starts, joins or leaves sends clients away whatever it could answer. One that is
 * degraded is asked like one that runs, since what it lacks may be no concern of a reader.
 */
export async function lifecycleReadiness(
  life: Pick<NodeLifecycle, 'state' | 'assertServing'>,
  node: QuorateNode | undefined,
  options: ReadinessOptions,
): Promise<LivingReadiness> {
  const state = life.state.kind;
  try {
    life.assertServing();
  } catch (error) {
    if (!isQuorateError(error)) throw error;
    return { ready: false, state, reasons: [error.message] };
  }
  if (node === undefined) return { ready: false, state, reasons: ['there is no node'] };
  const { ready, reasons } = await readinessOf(node, options);
  return { ready, state, reasons };
}

async function readProblem(
  read: () => Promise<Uint8Array>,
  clock: Clock,
  readMsMax: number,
): Promise<string | undefined> {
  const late = Promise.withResolvers<string>();
  const timer = clock.setTimer(readMsMax, () => late.resolve(`took more than ${readMsMax} ms`), {
    background: true,
  });
  const answered = read().then(
    () => undefined,
    (error: unknown) => {
      if (!isQuorateError(error)) throw error;
      return `failed: ${error.message}`;
    },
  );
  try {
    return await Promise.race([answered, late.promise]);
  } finally {
    timer.cancel();
  }
}

function stateOf({ leader, commit, applied, damage }: RaftStatus): string {
  if (damage !== 'none') return 'is being repaired from its peers';
  if (leader === 0) return 'knows no leader';
  return applied < commit ? `has applied ${applied} of ${commit}` : 'has a leader';
}

/** Counts one key, so that the answer is small whatever the store holds. */
function storeQuery(): Uint8Array {
  const writer = new ByteWriter(32);
  const body = {
    kind: 'get',
    range: { start: Uint8Array.of(0), end: undefined },
    revision: 0,
    limit: 1,
    order: 'key',
    descending: false,
    content: 'count',
  } as const;
  encodeCommand(writer, { session: undefined, fences: [], body });
  return writer.copy();
}

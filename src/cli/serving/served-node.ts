/**
 * A node with all that belongs to its process, driven by one lifecycle: its parts start in order and stop in reverse,
 * it runs when its cluster has taken it in, and whatever ends it ends all of it.
 */
import { QuorateError } from '../../base/index.ts';
import { type Component, NodeLifecycle, type RecoveryContext } from '../../membership/index.ts';
import { readinessOf } from '../../monitor/index.ts';
import type { NodeTls, SelfOptions } from '../../node/index.ts';
import type { Address, Timer } from '../../ports/index.ts';
import type { CertificateFiles } from '../certificates.ts';
import type { HttpDoor } from '../http-door.ts';
import { openMonitor } from '../node-monitor.ts';
import type { GossipPlan } from './gossip-options.ts';
import { loggedComponent, logProblems, logState } from './lifecycle-log.ts';
import { NodeComponent, type NodeComponentOptions } from './node-component.ts';
import { NodeGossip } from './node-gossip.ts';
import { TroubleWatch, troubleOf } from './trouble.ts';

export interface ServedNodeOptions extends Omit<NodeComponentOptions, 'self' | 'tls'> {
  readonly self: Omit<SelfOptions, 'join' | 'onJoined' | 'onRemoved'>;
  readonly certificates: { readonly files: CertificateFiles; readonly tls: NodeTls } | undefined;
  /** Where it tells operators of itself. */
  readonly operators: Address | undefined;
  /** Absent: it does not gossip. */
  readonly gossip: GossipPlan | undefined;
  /** How long the cluster may take to take it in. */
  readonly joinMs: number;
}

/** For what follows when the cluster has taken it in; that has a limit of its own. */
const joinMsMore = 30_000;

export class ServedNode implements AsyncDisposable {
  /** Resolves when it was removed from its cluster or has stopped, and rejects with what it failed by. */
  readonly over: Promise<'removed' | 'stopped'>;
  readonly #options: ServedNodeOptions;
  readonly #node: NodeComponent;
  readonly #gossip: NodeGossip | undefined;
  readonly #life: NodeLifecycle;
  readonly #problems: Disposable;

  constructor(options: ServedNodeOptions) {
    const { machine, certificates, operators, self, gossip, joinMs } = options;
    const { log } = machine;
    const over = Promise.withResolvers<'removed' | 'stopped'>();
    this.over = over.promise;
    // Whoever waits hears of it; who only starts and stops it, need not.
    this.over.catch(() => undefined);
    this.#options = options;
    this.#node = new NodeComponent({
      ...options,
      tls: certificates?.tls,
      self: { ...self, onRemoved: () => over.resolve('removed') },
    });
    if (gossip !== undefined) this.#gossip = new NodeGossip({ plan: gossip, machine, name: self.name });
    // The door comes first and goes last: who starts for long, and who stops, says so there.
    const components = [...this.#door(operators), this.#node, ...this.#renewal(), this.#troubleWatch()];
    this.#problems = logProblems(log);
    this.#life = new NodeLifecycle({
      clock: machine.clock,
      components: components.map((component) => loggedComponent(component, log)),
      join: (context) => this.#join(context),
      leave: async () => await this.#gossip?.leave(this.#life.state.kind === 'failed'),
      joinWithin: joinMs + joinMsMore,
      recoveries: [{ name: 'reads', recover: (context) => this.#readAgain(context) }],
      on: { failed: ({ error }) => over.reject(error), stopped: () => over.resolve('stopped') },
    });
    this.#life.subscribe((state, from) => logState(log, state, from));
  }

  /** Where it listens. */
  get address(): Address {
    return this.#node.node?.address ?? this.#options.listen;
  }

  /** Resolves when the cluster has taken the node in, at once where it has already. */
  async start(): Promise<void> {
    await this.#life.start();
  }

  /** Throws where a part of it did not stop as it should. */
  async stop(): Promise<void> {
    await this.#life.close();
    const { state } = this.#life;
    if (state.kind === 'stopped' && state.problems.length > 0) throw state.problems[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#life.close();
    this.#problems[Symbol.dispose]();
  }

  #renewal(): Component[] {
    const { certificates, machine } = this.#options;
    if (certificates === undefined) return [];
    const { files, tls } = certificates;
    let following: Disposable | undefined;
    return [
      {
        name: 'certificates',
        needs: ['node'],
        start: () => {
          following = files.follow(tls, (renewed) => this.#node.node?.reloadTls(renewed), machine.log);
        },
        stop: () => following?.[Symbol.dispose](),
      },
    ];
  }

  #door(address: Address | undefined): Component[] {
    if (address === undefined) return [];
    const { machine, self } = this.#options;
    let door: HttpDoor | undefined;
    return [
      {
        name: 'door',
        start: async () => {
          door = await openMonitor(address, {
            life: this.#life,
            node: () => this.#node.node,
            machine,
            store: () => this.#node.store,
            membership: () => this.#gossip?.membership,
            name: self.name,
          });
        },
        stop: async () => await door?.[Symbol.asyncDispose](),
      },
    ];
  }

  #troubleWatch(): Component {
    return new TroubleWatch({
      clock: this.#options.machine.clock,
      life: () => this.#life,
      trouble: () => {
        const { node } = this.#node;
        const trouble = node === undefined ? undefined : troubleOf(node.metrics());
        return trouble ?? this.#gossip?.trouble;
      },
    });
  }

  /** What it has missed consensus brings, from its peers; it has all of it when reads through it are answered. */
  async #readAgain({ reason }: RecoveryContext): Promise<void> {
    const { node } = this.#node;
    // Who starts while no majority is there is a member all the same, and serves what it can.
    if (reason === 'joined' || node === undefined) return;
    const { ready, reasons } = await readinessOf(node, { clock: this.#options.machine.clock });
    if (!ready) throw new Error(reasons.join('; '));
  }

  /** Gossip comes behind: before the cluster has taken it in, its name may be that of another. */
  async #join({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    await this.#takenIn();
    const { node } = this.#node;
    signal.throwIfAborted();
    if (node !== undefined) await this.#gossip?.join(node);
  }

  async #takenIn(): Promise<void> {
    const { machine, joinMs } = this.#options;
    let timer: Timer | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = machine.clock.setTimer(joinMs, () => reject(notTakenIn(joinMs)));
    });
    try {
      await Promise.race([this.#node.node?.joined, late]);
    } finally {
      timer?.cancel();
    }
  }
}

function notTakenIn(milliseconds: number): QuorateError<'deadline-exceeded'> {
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `the cluster did not take this node in within ${milliseconds} ms: a majority of its voters must be there to agree; whether it is listed as a learner now is not known, and started again it goes on`,
    data: { milliseconds },
    outcome: 'unknown',
  });
}

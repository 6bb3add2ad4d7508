/**
 * A served node among those who gossip: beside consensus, on a port of its own, so that programs without a vote find
 * each other by way of the nodes and see how these are. It tells of itself what its place is, whether it votes, and how
 * busy it is.
 */
import {
  joinMembership,
  type Membership,
  type MembershipEvent,
  type MembershipMachine,
} from '../../membership/index.ts';
import { listMembers, type QuorateNode } from '../../node/index.ts';
import type { Address, Timer } from '../../ports/index.ts';
import { followFiles } from '../followed-files.ts';
import { gossipKeysIn } from '../gossip/index.ts';
import type { GossipPlan } from './gossip-options.ts';

export interface NodeGossipOptions {
  readonly plan: GossipPlan;
  readonly machine: MembershipMachine;
  /** Its name in the cluster, and so here. */
  readonly name: string;
}

/** How often the node looks whether it has to say something else of itself. */
const lookMs = 5_000;

/** Each change is news for everybody, so a load is told when it has changed by so much. */
const loadStep = 0.1;

export class NodeGossip {
  readonly #options: NodeGossipOptions;
  #membership: Membership | undefined;
  #following: Disposable | undefined;
  #timer: Timer | undefined;
  #busy: ReturnType<typeof performance.eventLoopUtilization> = performance.eventLoopUtilization();
  #told = { part: '', load: 0 };

  constructor(options: NodeGossipOptions) {
    this.#options = options;
  }

  /** Absent before it has joined. */
  get membership(): Membership | undefined {
    return this.#membership;
  }

  /** One sentence where it does not gossip any more and nobody has told it to stop. */
  get trouble(): string | undefined {
    return this.#membership?.failed.aborted === true ? 'its gossip has failed' : undefined;
  }

  async join(node: QuorateNode): Promise<void> {
    const { plan, machine, name } = this.#options;
    const { listen, advertise, keys, seeds } = plan;
    this.#told = { part: partOf(node), load: 0 };
    const membership = await joinMembership({
      id: name,
      cluster: node.status().cluster,
      keys: keys.keys,
      listen,
      advertise,
      seeds: seeds ?? (() => besideMembers(node, listen.port)),
      metadata: this.#metadata(),
      machine,
    });
    this.#membership = membership;
    membership.subscribe((event) => logEvent(machine.log, event));
    machine.log.info('gossip joined', { address: membership.address });
    const { path } = keys;
    if (path !== undefined) {
      this.#following = followFiles({
        first: keys.keys,
        read: () => gossipKeysIn(path),
        renew: (fresh) => membership.setKeys(fresh),
        log: machine.log,
        renewed: 'gossip keys renewed',
        notRenewed: 'gossip keys not renewed',
      });
    }
    this.#plan(node, membership);
  }

  /** Says goodbye; without a word where the node has failed, since the others are to see that it is missing. */
  async leave(hasFailed: boolean): Promise<void> {
    this.#timer?.cancel();
    this.#following?.[Symbol.dispose]();
    await (hasFailed ? this.#membership?.close() : this.#membership?.leave());
  }

  #plan(node: QuorateNode, membership: Membership): void {
    const look = (): void => {
      if (membership.failed.aborted) return;
      this.#look(node, membership);
      this.#plan(node, membership);
    };
    this.#timer = this.#options.machine.clock.setTimer(lookMs, look, { background: true });
  }

  #look(node: QuorateNode, membership: Membership): void {
    const busy = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(busy, this.#busy);
    this.#busy = busy;
    const part = partOf(node);
    if (part === this.#told.part && Math.abs(utilization - this.#told.load) < loadStep) return;
    this.#told = { part, load: utilization };
    membership.setMetadata(this.#metadata());
  }

  #metadata(): Parameters<Membership['setMetadata']>[0] {
    const { part, load } = this.#told;
    return { ...this.#options.plan.said, capabilities: [part], load };
  }
}

/** Where the other members gossip, if all do on one port. Some may not have told their addresses yet: then it is asked again. */
function besideMembers(node: QuorateNode, port: number): Address[] {
  const { member } = node.status();
  return membersOf(node).flatMap(({ id, card }) =>
    id === member || card === undefined ? [] : [{ host: card.address.host, port }],
  );
}

/** Who is in no configuration any more has no vote either. */
function partOf(node: QuorateNode): string {
  const { member } = node.status();
  return membersOf(node).find(({ id }) => id === member)?.part ?? 'learner';
}

function membersOf(node: QuorateNode): ReturnType<typeof listMembers> {
  const group = node.status().groups.get(0);
  return group === undefined ? [] : listMembers(group.configuration);
}

/** Two that use one name are for people to part; the rest is for whoever looks into the matter. */
function logEvent(log: MembershipMachine['log'], event: MembershipEvent): void {
  if (event.kind === 'conflict') {
    const { id, address, otherAddress } = event;
    log.warn('gossip name is used twice', { id, address, otherAddress });
  } else if ('member' in event) log.debug('gossip event', { kind: event.kind, id: event.member.id });
}

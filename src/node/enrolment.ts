/**
 * What a node does about its own place in the cluster. While it joins, it asks until it has been added; from then
 * on it sees to it that the cluster knows its name and address, also after it has moved; and while it leads, it
 * promotes whoever was to become a voter and has caught up. A node that hears no leader asks as well: it may have
 * been removed while it was away, and nobody speaks to those who were. Looked at once a tick; asks once at a time,
 * with growing pauses, and for as long as it takes.
 */
import { isQuorateError, type Prng, type QuorateError } from '../base/index.ts';
import { encodeMemberRequest, type MemberCard, type MemberRequest } from '../net/index.ts';
import type { Address } from '../ports/index.ts';
import type { Configuration, MemberId } from '../raft/index.ts';
import type { Administration } from './administration.ts';
import { askNode } from './ask-node.ts';
import type { GroupHost } from './group-host.ts';
import { isSameCard, listMembers } from './member-cards.ts';
import { isSameAddress, type MemberDirectory } from './member-directory.ts';
import type { NodeOptions, SelfOptions } from './options.ts';
import type { PeerLinks } from './peer-links.ts';

export interface EnrolmentOptions {
  readonly node: NodeOptions;
  readonly self: SelfOptions;
  readonly address: Address;
  readonly host: GroupHost;
  readonly directory: MemberDirectory;
  readonly administration: Administration;
  readonly peers: PeerLinks;
  readonly prng: Prng;
  readonly onFailure: (error: unknown) => void;
}

const answerMsMax = 5_000;
const pauseMsMin = 50;
const pauseMsMax = 2_000;
const promotionPauseMs = 100;
/** Longer than elections take, also when some of them fail. */
const leaderlessMsMax = 3_000;

/** What time will not mend: whoever runs the node has to do something. */
const finalCodes: ReadonlySet<string> = new Set(['member-exists', 'hello-refused', 'invalid-option']);

export class Enrolment {
  readonly #options: EnrolmentOptions;
  readonly #card: MemberCard;
  readonly #closing = new AbortController();
  readonly #joined = Promise.withResolvers<void>();
  #isJoining: boolean;
  #isRemoved = false;
  /** The configuration in which everything was as it should be. */
  #settled: Configuration | undefined;
  #asking: Promise<void> | undefined;
  #nextAt = 0;
  #ledAtMs: number;
  #nextPromotionAt = 0;
  #failures = 0;
  #turn = 0;

  constructor(options: EnrolmentOptions) {
    this.#options = options;
    const { self, address, node } = options;
    this.#ledAtMs = node.machine.clock.now();
    this.#card = { name: self.name, address: self.advertise ?? address, part: self.part ?? 'voter' };
    this.#isJoining = self.join !== undefined && self.join.length > 0;
    this.#joined.promise.catch(() => undefined);
    if (!this.#isJoining) this.#joined.resolve();
  }

  /** Resolves when the cluster has taken the node in; rejects with what time will not mend, and when the node is closed. */
  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  tick(now: number): void {
    const { host } = this.#options;
    const { configuration } = host;
    if (host.leads && now >= this.#nextPromotionAt) this.#promote(now, configuration);
    if (host.hasLeader) this.#ledAtMs = now;
    const isLost = now - this.#ledAtMs > leaderlessMsMax;
    if ((configuration === this.#settled && !isLost) || this.#isRemoved) return;
    if (!this.#isJoining && !isLost && this.#isDescribed(configuration)) {
      this.#settled = configuration;
      this.#failures = 0;
    } else if (now >= this.#nextAt && this.#asking === undefined) {
      this.#asking = this.#ask().finally(() => {
        this.#asking = undefined;
      });
    }
  }

  /** Resolves when nothing is under way any more. */
  async close(reason: QuorateError): Promise<void> {
    this.#joined.reject(reason);
    this.#closing.abort(reason);
    await this.#asking;
  }

  #isDescribed(configuration: Configuration): boolean {
    const { member } = this.#options.node.identity;
    const own = listMembers(configuration).find(({ id }) => id === member);
    return own !== undefined && isSameCard(own.card, this.#card);
  }

  #promote(now: number, configuration: Configuration): void {
    this.#nextPromotionAt = now + promotionPauseMs;
    const due = listMembers(configuration).filter(
      ({ part, card }) => part === 'learner' && card?.part === 'voter',
    );
    // One that has not caught up is refused, and no other one has to wait for it.
    for (const { id } of due)
      if (this.#options.host.change([{ kind: 'promote', member: id }]).accepted) return;
  }

  async #ask(): Promise<void> {
    const { member } = this.#options.node.identity;
    const card = this.#card;
    const kind = this.#isJoining ? 'add' : 'update';
    try {
      await this.#carryOut({ kind, member, card });
      if (this.#isJoining) await this.#nowMember();
      // What was agreed arrives through the log; asked again only where it does not.
      this.#pause(pauseMsMax);
    } catch (error) {
      if (!isQuorateError(error)) this.#options.onFailure(error);
      else this.#refused(error);
    }
  }

  async #nowMember(): Promise<void> {
    await this.#options.self.onJoined?.();
    this.#isJoining = false;
    this.#options.node.machine.log.info('joined', { name: this.#card.name });
    this.#joined.resolve();
  }

  #refused(error: QuorateError): void {
    const { log } = this.#options.node.machine;
    this.#pause(Math.min(pauseMsMax, pauseMsMin * 2 ** this.#failures));
    this.#failures = Math.min(this.#failures + 1, 16);
    if (this.#closing.signal.aborted) return;
    if (error.code === 'unknown-member') {
      this.#isRemoved = true;
      log.warn('this node was removed from its cluster');
      this.#options.self.onRemoved?.();
    } else if (finalCodes.has(error.code)) {
      log.error('the cluster refuses this node', { error });
      this.#joined.reject(error);
    } else log.debug('asking for the own place failed', { error });
  }

  #pause(pauseMs: number): void {
    const { node, prng } = this.#options;
    this.#nextAt = node.machine.clock.now() + pauseMs * (0.5 + prng.float() / 2);
  }

  async #carryOut(request: MemberRequest): Promise<void> {
    const { host, administration } = this.#options;
    if (host.leads) await administration.execute(request);
    else await this.#askOthers(request);
  }

  /** The leader where it is known; else everybody in turn, and whomever they name. */
  async #askOthers(request: MemberRequest): Promise<void> {
    const { node, host, directory, peers } = this.#options;
    const members = listMembers(host.configuration).map(({ id }) => id);
    peers.greet(members.filter((member) => member !== node.identity.member));
    const leader = directory.address(host.status.leader);
    const others = this.#others();
    this.#turn += 1;
    const first = leader ?? others[this.#turn % Math.max(1, others.length)];
    if (first === undefined) return;
    try {
      await this.#askAt(first, request);
    } catch (error) {
      const named = isQuorateError(error) && error.code === 'not-leader' ? error.data.address : undefined;
      if (named === undefined || isSameAddress(first, named)) throw error;
      await this.#askAt(named, request);
    }
  }

  #others(): Address[] {
    const { node, self, host, directory } = this.#options;
    const others = (member: MemberId): Address[] => {
      const address = member === node.identity.member ? undefined : directory.address(member);
      return address === undefined ? [] : [address];
    };
    const members = new Set([
      ...node.addresses.keys(),
      ...listMembers(host.configuration).map(({ id }) => id),
    ]);
    return [...[...members].flatMap(others), ...(self.join ?? [])];
  }

  async #askAt(address: Address, request: MemberRequest): Promise<void> {
    const { machine, identity, checksum } = this.#options.node;
    await askNode({
      network: machine.network,
      clock: machine.clock,
      checksum,
      address,
      cluster: identity.cluster,
      asMember: identity.member,
      kind: 'change',
      body: encodeMemberRequest(request),
      timeoutMs: answerMsMax,
      signal: this.#closing.signal,
    });
  }
}

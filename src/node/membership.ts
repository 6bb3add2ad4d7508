/**
 * A node's view of its cluster's members: where they listen, what they ask of each other, and its own place among
 * them. The configuration of the meta group is the one truth; this takes up whatever is in force there, also what
 * is not committed yet, since a member at a new address may be needed to commit that very entry.
 */
import { isQuorateError, type Prng, QuorateError } from '../base/index.ts';
import {
  decodeMemberRequest,
  encodeMemberList,
  encodeMemberResult,
  type MemberRequest,
} from '../net/index.ts';
import type { Address } from '../ports/index.ts';
import type { Configuration, MemberId } from '../raft/index.ts';
import { Administration } from './administration.ts';
import { Enrolment } from './enrolment.ts';
import type { GroupHost } from './group-host.ts';
import { listMembers } from './member-cards.ts';
import { MemberDirectory } from './member-directory.ts';
import type { NodeOptions } from './options.ts';
import { PeerClocks } from './peer-clocks.ts';
import { PeerLinks } from './peer-links.ts';

export interface MembershipOptions {
  readonly node: NodeOptions;
  readonly prng: Prng;
  /** The meta group; absent before it has been opened. */
  readonly host: () => GroupHost | undefined;
  /** Where this node listens, when it does. */
  readonly listening: () => Address | undefined;
  readonly onUnreachable: (member: MemberId) => void;
  readonly onFailure: (error: unknown) => void;
}

export const metaGroup = 0;

/** Links that nobody uses are looked for so often. */
const prunePauseMs = 5_000;

export class Membership {
  readonly directory: MemberDirectory;
  /** The links to the others, wherever they are now. */
  readonly peers: PeerLinks;
  /** Absent where nobody is asked for the time. */
  readonly clocks: PeerClocks | undefined;
  readonly #options: MembershipOptions;
  readonly #administration: Administration;
  #enrolment: Enrolment | undefined;
  /** The configuration that was taken up last. */
  #known: Configuration | undefined;
  #pruneAt = 0;

  constructor(options: MembershipOptions) {
    const { node, prng, onUnreachable, onFailure } = options;
    this.#options = options;
    this.directory = new MemberDirectory(node.addresses);
    this.peers = new PeerLinks({
      node,
      directory: this.directory,
      ownAddress: () => this.ownAddress,
      prng: prng.fork(),
      onUnreachable,
      onFailure,
    });
    this.clocks =
      node.clockExchange === undefined
        ? undefined
        : new PeerClocks({
            node,
            every: node.clockExchange,
            directory: this.directory,
            members: () => listMembers(this.#host().configuration).map(({ id }) => id),
            onFailure,
          });
    const { tickMs = 10, electionTicksMax = 30 } = node.raft ?? {};
    this.#administration = new Administration({
      group: metaGroup,
      member: node.identity.member,
      clock: node.machine.clock,
      handoverMsMax: 2 * electionTicksMax * tickMs,
      host: () => this.#host(),
    });
  }

  /** Where this node says that it can be reached; absent where it says nothing of itself. */
  get ownAddress(): Address | undefined {
    const { node, listening } = this.#options;
    return node.self === undefined ? undefined : (node.self.advertise ?? listening());
  }

  /** Resolves when the cluster has taken this node in, which it has where it never had to ask. */
  get joined(): Promise<void> {
    return this.#enrolment?.joined ?? Promise.resolve();
  }

  /** The groups are open, and the node listens. */
  begin(): void {
    const { node, prng, onFailure } = this.#options;
    const address = this.ownAddress;
    this.look();
    if (node.self === undefined || address === undefined) return;
    this.#enrolment = new Enrolment({
      node,
      self: node.self,
      address,
      host: this.#host(),
      directory: this.directory,
      administration: this.#administration,
      peers: this.peers,
      prng,
      onFailure,
    });
  }

  tick(now: number): void {
    this.#enrolment?.tick(now);
    this.clocks?.tick(now);
    if (now < this.#pruneAt) return;
    this.#pruneAt = now + prunePauseMs;
    const members = listMembers(this.#host().configuration).map(({ id }) => id);
    if (members.length > 0) this.peers.prune(new Set(members));
  }

  /** Called in every turn that may have changed something: takes up the configuration that is in force. */
  look(): void {
    this.#administration.look();
    const { configuration } = this.#host();
    if (configuration === this.#known) return;
    this.#known = configuration;
    this.directory.configured(configuration);
    this.peers.readdress();
  }

  /** A member says where it listens. */
  heard(member: MemberId, address: Address): void {
    this.directory.heard(member, address);
    this.peers.readdress();
  }

  /** The members as this node sees them, for whoever asks over the network. */
  list(): Uint8Array {
    const { cluster, member } = this.#options.node.identity;
    const { term, leader, configuration } = this.#host().status;
    return encodeMemberList({ cluster, member, term, leader, members: listMembers(configuration) });
  }

  /** `check` throws where whoever asks may not have it done. */
  async change(request: Uint8Array, check: (request: MemberRequest) => void): Promise<Uint8Array> {
    const decoded = decodeMemberRequest(request);
    if (decoded.kind === 'add') this.#checkNamed();
    return encodeMemberResult(await this.#administration.execute(decoded, () => check(decoded)));
  }

  /** A node that begins a cluster says first who it is: nobody may take its name in the moment before. */
  #checkNamed(): void {
    const { node } = this.#options;
    const own = listMembers(this.#host().configuration).find(({ id }) => id === node.identity.member);
    if (node.self === undefined || own === undefined || own.card !== undefined) return;
    const reason = 'this node has not told its own name yet';
    throw new QuorateError({
      code: 'change-refused',
      message: `group ${metaGroup} cannot change its members now: ${reason}; try again`,
      data: { group: metaGroup, reason },
    });
  }

  /** Tells who is sent on to the leader where that one listens. */
  explain(error: QuorateError): QuorateError {
    if (!isQuorateError(error) || error.code !== 'not-leader') return error;
    const { code, message, data, retryable, outcome } = error;
    const address = this.directory.address(data.leader);
    if (address === undefined) return error;
    return new QuorateError({ code, message, data: { ...data, address }, retryable, outcome });
  }

  /** Before this node stops. Resolves when somebody else leads, or nobody else can in time. */
  async handOver(): Promise<void> {
    if (this.#options.host() === undefined) return;
    try {
      await this.#administration.handOver();
    } catch (error) {
      if (!isQuorateError(error)) throw error;
      this.#options.node.machine.log.debug('leadership was not handed over', { error });
    }
  }

  /** Resolves when nothing is under way any more. */
  async close(): Promise<void> {
    this.#administration.close();
    this.peers.close();
    const what = 'the node';
    const closed = new QuorateError({ code: 'closed', message: `${what} was closed`, data: { what } });
    await Promise.all([this.#enrolment?.close(closed), this.clocks?.close()]);
  }

  #host(): GroupHost {
    const host = this.#options.host();
    if (host !== undefined) return host;
    throw new QuorateError({
      code: 'unknown-group',
      message: 'this node has not opened its meta group yet; try again',
      data: { group: metaGroup },
    });
  }
}

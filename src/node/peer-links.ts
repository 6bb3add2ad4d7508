/** The links to all other members, made when the first message to one is sent. */
import type { AnyQuorateError, Prng } from '../base/index.ts';
import type { Address } from '../ports/index.ts';
import { levelUnsupported, type MemberId, type Message, supportsLevel } from '../raft/index.ts';
import { isSameAddress, type MemberDirectory } from './member-directory.ts';
import { helloLevels } from './node-levels.ts';
import { levelsOf, type NodeOptions } from './options.ts';
import { PeerLink } from './peer-link.ts';

export interface PeerLinksOptions {
  readonly node: NodeOptions;
  readonly directory: MemberDirectory;
  /** Where this node itself can be reached; absent where it does not say. */
  readonly ownAddress: () => Address | undefined;
  readonly prng: Prng;
  readonly onUnreachable: (member: MemberId) => void;
  readonly onFailure: (error: unknown) => void;
}

interface OpenLink {
  readonly link: PeerLink;
  readonly address: Address;
  /** Nothing was sent since the last count. */
  isIdle: boolean;
}

export class PeerLinks {
  readonly #options: PeerLinksOptions;
  readonly #links = new Map<MemberId, OpenLink>();
  /** Messages to members whose address nobody told. */
  #homeless = 0;

  constructor(options: PeerLinksOptions) {
    this.#options = options;
  }

  send(message: Message): void {
    const open = this.#links.get(message.to) ?? this.#open(message.to);
    if (open === undefined) {
      this.#homeless += 1;
      return;
    }
    open.isIdle = false;
    open.link.send(message);
  }

  flush(): void {
    for (const { link } of this.#links.values()) link.flush();
  }

  /** So that they learn where this node listens: they may have to speak first, and a learner never does. */
  greet(members: Iterable<MemberId>): void {
    for (const member of members) (this.#links.get(member) ?? this.#open(member))?.link.greet();
  }

  /** Members may listen elsewhere now: what leads to an old address is given up, and made anew when there is something to say. */
  readdress(): void {
    for (const [member, { address }] of this.#links) {
      const now = this.#options.directory.address(member);
      if (now !== undefined && !isSameAddress(now, address)) this.#drop(member);
    }
  }

  /** Called now and then: who is no member, and was told nothing since the last time, needs no link any more. */
  prune(members: ReadonlySet<MemberId>): void {
    for (const [member, open] of this.#links) {
      if (!members.has(member) && open.isIdle) this.#drop(member);
      open.isIdle = true;
    }
  }

  close(): void {
    for (const { link } of this.#links.values()) link.close();
  }

  #drop(member: MemberId): void {
    this.#links.get(member)?.link.close();
    this.#links.delete(member);
  }

  #open(member: MemberId): OpenLink | undefined {
    const address = this.#options.directory.address(member);
    if (address === undefined) {
      if (this.#homeless === 0) this.#options.node.machine.log.warn('no address for a member', { member });
      return undefined;
    }
    const open = { link: this.#link(member, address), address, isIdle: false };
    this.#links.set(member, open);
    return open;
  }

  #link(member: MemberId, address: Address): PeerLink {
    const { node, ownAddress, prng, onUnreachable, onFailure } = this.#options;
    const { network, clock, log } = node.machine;
    const own = ownAddress();
    const from = node.identity.member;
    return new PeerLink({
      network,
      clock,
      log,
      prng: prng.fork(),
      address,
      hello: {
        purpose: 'peer',
        cluster: node.identity.cluster,
        from,
        to: member,
        levels: helloLevels(node),
        ...(own === undefined ? {} : { address: own }),
      },
      ...(node.checksum === undefined ? {} : { checksum: node.checksum }),
      onUnreachable: () => onUnreachable(member),
      onRefused: (error) => this.#refused(error),
      onFailure,
    });
  }

  /** A cluster that has risen beyond this release has no use for it, and it none for the cluster. */
  #refused(error: AnyQuorateError): void {
    if (error.code !== 'level-unsupported') return;
    const { level } = error.data;
    const levels = levelsOf(this.#options.node);
    if (Number.isSafeInteger(level) && !supportsLevel(levels, level))
      this.#options.onFailure(levelUnsupported('the cluster', level, levels));
  }
}

/** The links to all other members, made when the first message to one is sent. */
import type { AnyQuorateError, Prng } from '../base/index.ts';
import type { Address } from '../ports/index.ts';
import { levelUnsupported, type MemberId, type Message, supportsLevel } from '../raft/index.ts';
import { helloLevels } from './node-levels.ts';
import { levelsOf, type NodeOptions } from './options.ts';
import { PeerLink } from './peer-link.ts';

export interface PeerLinksOptions {
  readonly node: NodeOptions;
  readonly prng: Prng;
  readonly onUnreachable: (member: MemberId) => void;
  readonly onFailure: (error: unknown) => void;
}

export class PeerLinks {
  readonly #options: PeerLinksOptions;
  readonly #links = new Map<MemberId, PeerLink>();
  /** Messages to members whose address nobody told. */
  #homeless = 0;

  constructor(options: PeerLinksOptions) {
    this.#options = options;
  }

  send(message: Message): void {
    const link = this.#links.get(message.to) ?? this.#open(message.to);
    if (link === undefined) this.#homeless += 1;
    else link.send(message);
  }

  flush(): void {
    for (const link of this.#links.values()) link.flush();
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
  }

  #open(member: MemberId): PeerLink | undefined {
    const address = this.#options.node.addresses.get(member);
    if (address === undefined) {
      if (this.#homeless === 0) this.#options.node.machine.log.warn('no address for a member', { member });
      return undefined;
    }
    const link = this.#link(member, address);
    this.#links.set(member, link);
    return link;
  }

  #link(member: MemberId, address: Address): PeerLink {
    const { node, prng, onUnreachable, onFailure } = this.#options;
    const { network, clock, log } = node.machine;
    return new PeerLink({
      network,
      clock,
      log,
      prng: prng.fork(),
      address,
      hello: {
        purpose: 'peer',
        cluster: node.identity.cluster,
        from: node.identity.member,
        to: member,
        levels: helloLevels(node),
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

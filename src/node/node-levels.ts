/**
 * What the software of a node and of its peers can take part in. A node says its levels in every hello; what a peer
 * has said holds as long as the connection on which it said it is open, and goes to the cores, whose leader raises
 * the level when everybody can follow. Whoever cannot follow any more is refused at the door, and told why.
 */
import type { Hello, HelloLevels } from '../net/index.ts';
import { helloRefused } from '../net/index.ts';
import { type LevelRange, levelUnsupported, type MemberId } from '../raft/index.ts';
import type { GroupHost } from './group-host.ts';
import { levelsOf, type NodeOptions } from './options.ts';

export interface NodeLevelsOptions {
  readonly node: NodeOptions;
  readonly hosts: () => Iterable<GroupHost>;
}

/** Of a release that was made before there were others. */
const firstRelease: HelloLevels = { least: 1, most: 1, founded: 0 };

export class NodeLevels {
  readonly #options: NodeLevelsOptions;
  /** By member, what it said on each connection that is open: several for a while, when an old one has not ended yet. */
  readonly #said = new Map<MemberId, Map<object, LevelRange>>();

  constructor(options: NodeLevelsOptions) {
    this.#options = options;
  }

  /** Throws when a member that says hello cannot take part. */
  check({ purpose, from, levels = firstRelease }: Hello): void {
    if (purpose === 'client') return;
    const own = helloLevels(this.#options.node).founded;
    if (own > 0 && levels.founded > 0 && own !== levels.founded) throw foundedApart(own, levels.founded);
    for (const host of this.#options.hosts()) {
      const { level, role } = host.status;
      // Who does not lead may itself be behind, and meet a cluster that has gone on without it.
      if (level === 0 || (levels.most >= level && (levels.least <= level || role !== 'leader'))) continue;
      throw levelUnsupported('the cluster', level, levels, `the release of member ${from}`);
    }
  }

  /** A member was let in on `connection`. */
  opened(connection: object, { from, levels = firstRelease }: Hello): void {
    let said = this.#said.get(from);
    if (said === undefined) {
      said = new Map();
      this.#said.set(from, said);
    }
    said.set(connection, levels);
    this.#announce(from, said);
  }

  closed(connection: object): void {
    for (const [member, said] of this.#said) {
      if (!said.delete(connection)) continue;
      if (said.size === 0) this.#said.delete(member);
      this.#announce(member, said);
      return;
    }
  }

  /** The newest connection that is open has it: an older one may only look alive. */
  #announce(member: MemberId, said: ReadonlyMap<object, LevelRange>): void {
    const levels = [...said.values()].at(-1);
    for (const host of this.#options.hosts()) host.step({ kind: 'announced', member, levels });
  }
}

/** What a node says of itself in a hello. */
export function helloLevels(node: NodeOptions): HelloLevels {
  const { bootstrap, foundingLevel = 1 } = node;
  return { ...levelsOf(node), founded: bootstrap.length === 0 ? 0 : foundingLevel };
}

function foundedApart(own: number, other: number): Error {
  return helloRefused(
    `its data directory was prepared for a new cluster of level ${other}, and the one of this node for level ${own}; prepare all of them with one release`,
  );
}

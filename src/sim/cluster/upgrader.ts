/**
 * The operator who upgrades a cluster, one node after the other, while it serves and faults strike. Sometimes a
 * node is taken back to the old release before the level has risen, which it must bear; sometimes after, by
 * mistake, and then the node must refuse. When the faults are over the rest is upgraded too.
 */
import type { Prng } from '../../base/index.ts';
import type { World } from '../machine/index.ts';
import type { Monitor } from './monitor.ts';
import type { Release, Releases } from './releases.ts';

export interface UpgraderOptions {
  readonly world: World;
  readonly monitor: Monitor;
  readonly releases: Releases;
  readonly prng: Prng;
  readonly names: readonly string[];
}

/** From one look of the operator to the next, at most; shorter when everything is well again. */
const pauseMsMax = 4000;
const calmPauseMs = 300;
/** How long a node is down for the change. */
const downMsMax = 1000;

export class Upgrader {
  readonly #options: UpgraderOptions;

  constructor(options: UpgraderOptions) {
    this.#options = options;
  }

  begin(): void {
    const { world, monitor, prng } = this.#options;
    const pauseMs = monitor.calm ? calmPauseMs : 200 + prng.below(pauseMsMax);
    world.at(world.nowMs + pauseMs, () => {
      if (this.#act() || !monitor.calm) this.begin();
    });
  }

  /** False when there is nothing left to do. */
  #act(): boolean {
    const { monitor, releases, prng, names } = this.#options;
    const old = names.filter((name) => releases.of(name) === 1);
    const fresh = names.filter((name) => releases.of(name) === 2);
    if (!monitor.calm && fresh.length > 0 && prng.chance(releases.hasRisen ? 0.1 : 0.2)) {
      monitor.count(releases.hasRisen ? 'old releases brought back' : 'nodes rolled back');
      this.#install(prng.pick(fresh), 1);
      return true;
    }
    if (old.length === 0) return false;
    monitor.count('nodes upgraded');
    this.#install(prng.pick(old), 2);
    return true;
  }

  #install(name: string, release: Release): void {
    const { world, releases, prng } = this.#options;
    releases.install(name, release);
    world.tell(name, `gets release ${release}`);
    // One that is down anyway comes up with it.
    world.apply({ kind: 'kill', machine: name, forMs: 1 + prng.below(downMsMax) });
  }
}

/**
 * Lets the faults of a plan happen, those that only a cluster knows included, and holds back what would destroy
 * the last good copy of something committed.
 */
import type { Prng } from '../../base/index.ts';
import type { CrashFault, Fault, World } from '../machine/index.ts';
import { isDamage } from './damage-plan.ts';
import type { ClusterFault, ReplayFault } from './fault-rows.ts';
import type { Monitor } from './monitor.ts';
import type { Population } from './population.ts';

export interface StrikerOptions {
  readonly world: World;
  readonly monitor: Monitor;
  readonly population: Population;
  readonly prng: Prng;
}

/** What the table of what was covered calls a fault. */
const faultNames: Readonly<Record<ClusterFault['kind'], string>> = {
  crash: 'power losses',
  kill: 'processes killed',
  'at-point': 'processes to die in the middle of something',
  pause: 'processes stopped',
  stall: 'event loops stalled',
  suspend: 'machines suspended',
  cut: 'one-way cuts',
  'slow-links': 'links slowed down',
  'lossy-links': 'links with losses',
  'narrow-links': 'links narrowed',
  partition: 'partitions',
  isolate: 'machines isolated',
  reset: 'connections reset',
  'half-open': 'connections half open',
  'clock-jump': 'clocks that jump',
  'clock-drift': 'clocks that drift',
  'clock-freeze': 'clocks that stand still',
  'disk-mishap': 'disk operations to fail',
  'disk-slow': 'disks slowed down',
  'disk-hang': 'disks that hang',
  'disk-full': 'disks full',
  'disk-rot': 'bits flipped at rest',
  'disk-unreadable': 'sectors made unreadable',
  'disk-decay': 'disks that decay',
  replay: 'replays of old messages',
};

export class Striker {
  readonly #options: StrikerOptions;

  constructor(options: StrikerOptions) {
    this.#options = options;
  }

  strike(fault: ClusterFault): void {
    if (fault.kind === 'replay') this.#replay(fault);
    else if (fault.kind === 'crash' && fault.wipe) this.#wipe(fault);
    else if (isDamage(fault)) this.#damage(fault);
    else if (this.#options.population.hasLeases) this.#applyBesideLeases(fault);
    else this.#apply(fault);
  }

  /** Reads by lease are promised for clocks whose rates differ within a bound, and one that stands still is beyond any. */
  #applyBesideLeases(fault: Fault): void {
    if (fault.kind === 'clock-freeze') this.#options.monitor.count('clocks kept going because of leases');
    else if (fault.kind === 'suspend') this.#apply({ ...fault, kind: 'pause' });
    else this.#apply(fault);
  }

  #apply(fault: Fault): boolean {
    const { world, monitor } = this.#options;
    const { struck } = world.apply(fault);
    if (struck) monitor.count(faultNames[fault.kind]);
    return struck;
  }

  #replay({ machine: name, messages, forMs }: ReplayFault): void {
    const { world, monitor, population } = this.#options;
    const program = population.haunting(name, { messages, forMs });
    if (program === undefined) return;
    const machine = world.machine('ghost');
    world.tell('ghost', `says ${messages} old messages to ${name}`);
    const process = machine.start(program);
    world.at(world.nowMs + 2 * forMs, () => machine.kill(process));
    monitor.count(faultNames.replay);
  }

  /** Not while a dead member counts: it and a damaged heir of it could be a majority's worth of losses. */
  #damage(fault: Fault): void {
    const { monitor, population } = this.#options;
    const { fleet } = population;
    const isDeadKnown = fleet.members.some((member) =>
      monitor.membersSeenBy(member).some((other) => fleet.isDead(other)),
    );
    if (isDeadKnown) monitor.count('damage withheld until the dead are replaced');
    else this.#apply(fault);
  }

  #wipe(fault: CrashFault): void {
    const { world, monitor, population, prng } = this.#options;
    const { fleet } = population;
    const name = fault.machine;
    const member = fleet.memberOf(name);
    if (!world.machine(name).up) return;
    const isDamaging = world.activeFaults.some(
      ({ fault: other }) => other.kind === 'disk-mishap' && isDamage(other) && other.machine === name,
    );
    if (isDamaging || !this.#mayLose(name)) {
      monitor.count('wipes withheld until the cluster is whole');
      return;
    }
    const wasMember = fleet.members.some((other) => monitor.membersSeenBy(other).includes(member));
    if (!this.#apply(fault)) return;
    monitor.lostForEver(member);
    population.wiped(name, { wasMember, mistake: prng.chance(0.5) });
    monitor.count('data directories wiped');
  }

  /** One at a time: the next only when the last one was replaced, and nobody knows of a dead or damaged member. */
  #mayLose(name: string): boolean {
    const { monitor, population } = this.#options;
    const { fleet } = population;
    if (monitor.committed === 0 || fleet.awaited !== undefined || !fleet.mayWipe(name)) return false;
    return fleet.members.every((member) =>
      monitor
        .membersSeenBy(member)
        .every(
          (other) =>
            !fleet.isDead(other) && (other === fleet.memberOf(name) || !monitor.hasLostPromises(other)),
        ),
    );
  }
}

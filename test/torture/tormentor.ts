/**
 * Carries a schedule out: strikes when it is time, ends each fault after its time, and heals everything at the end,
 * whatever happened. Whoever leads is looked up when the fault strikes; what was done is noted with its victim.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { describeFault, type Fault, type PlannedFault, type Victim } from './fault.ts';
import { type ActiveFault, clientRule, peerRule } from './network-faults.ts';
import type { SmallDisk } from './small-disk.ts';
import type { System, SystemNode } from './system.ts';

export interface NotedFault {
  /** Milliseconds since the run began. */
  readonly atMs: number;
  readonly what: string;
}

export class Tormentor {
  readonly notes: NotedFault[] = [];
  /** How often each kind struck. */
  readonly struck: Map<string, number> = new Map();
  readonly #system: System;
  readonly #disk: SmallDisk | undefined;
  readonly #beganMs = performance.now();
  readonly #active = new Set<ActiveFault>();

  constructor(system: System, disk: SmallDisk | undefined) {
    this.#system = system;
    this.#disk = disk;
    for (const { peerDoor, clientDoor } of system.nodes) {
      peerDoor.setRule((way) => peerRule(this.#active, way));
      clientDoor.setRule((way) => clientRule(this.#active, way));
    }
  }

  /** Resolves when the last fault of the schedule has ended, or the signal has. */
  async carryOut(schedule: readonly PlannedFault[], lengthMs: number, signal: AbortSignal): Promise<void> {
    const beganMs = performance.now();
    const ends: Promise<void>[] = [];
    for (const { atMs, forMs, fault } of schedule) {
      if (!(await waited(beganMs + atMs - performance.now(), signal))) break;
      const active = { fault, victim: await this.#victimOf(fault) };
      await this.#begin(active);
      ends.push(waited(forMs, signal).then(() => this.#end(active)));
    }
    await waited(beganMs + lengthMs - performance.now(), signal);
    await Promise.all(ends);
  }

  /** Writes down what happened, beside the faults. */
  note(what: string): void {
    this.notes.push({ atMs: Math.round(performance.now() - this.#beganMs), what });
  }

  /** Everything runs and everybody reaches everybody. */
  async heal(): Promise<void> {
    for (const active of [...this.#active]) await this.#end(active);
    for (const { child } of this.#system.nodes) {
      child.resume();
      child.start();
    }
  }

  /** The place of whoever leads by the highest term that a node tells; the first one where nobody does. */
  async #leader(): Promise<number> {
    const looks = await Promise.all(this.#system.nodes.map(({ place }) => this.#system.look(place)));
    let leader: { readonly place: number; readonly term: number } = { place: 0, term: -1 };
    for (const look of looks) {
      if (look?.leads === true && look.term > leader.term) leader = look;
    }
    return leader.place;
  }

  async #victimOf(fault: Fault): Promise<number | undefined> {
    if (!('victim' in fault)) return undefined;
    const victim: Victim = fault.victim;
    return victim === 'leader' ? await this.#leader() : victim;
  }

  async #begin(active: ActiveFault): Promise<void> {
    const { fault, victim } = active;
    this.#noteFault('begins', active);
    this.struck.set(fault.kind, (this.struck.get(fault.kind) ?? 0) + 1);
    const node = victim === undefined ? undefined : this.#system.nodes[victim];
    switch (fault.kind) {
      case 'kill':
        await node?.child.kill();
        break;
      case 'kill-all':
        await Promise.all(this.#system.nodes.map(({ child }) => child.kill()));
        break;
      case 'pause':
        node?.child.pause();
        break;
      case 'reset':
        node?.peerDoor.resetAll();
        break;
      case 'clients-reset':
        node?.clientDoor.resetAll();
        break;
      case 'disk-full':
        this.#disk?.fill();
        break;
      default:
        break;
    }
    this.#active.add(active);
    this.#apply();
  }

  async #end(active: ActiveFault): Promise<void> {
    if (!this.#active.delete(active)) return;
    const { fault, victim } = active;
    const node = victim === undefined ? undefined : this.#system.nodes[victim];
    if (fault.kind === 'kill') node?.child.start();
    if (fault.kind === 'kill-all') for (const { child } of this.#system.nodes) child.start();
    if (fault.kind === 'pause') node?.child.resume();
    if (fault.kind === 'disk-full') this.#disk?.free();
    this.#noteFault('ends', active);
    this.#apply();
  }

  /** Tells all doors that what they ask for has changed. */
  #apply(): void {
    for (const { peerDoor, clientDoor } of this.#system.nodes as readonly SystemNode[]) {
      peerDoor.refresh();
      clientDoor.refresh();
    }
  }

  #noteFault(what: 'begins' | 'ends', { fault, victim }: ActiveFault): void {
    const whom = victim === undefined ? '' : ` (node ${victim + 1})`;
    this.note(`${describeFault(fault)}${whom} ${what}`);
  }
}

/** False when the signal ended the wait. */
async function waited(forMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(Math.max(0, forMs), undefined, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

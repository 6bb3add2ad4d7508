/**
 * Nodes that gossip in virtual time: every delay, loss, pause and crash is drawn from one seed or ordered by a test,
 * so a run is the same each time. The network loses and delays datagrams, and brings what is reliable late but
 * whole. A node that is paused reads nothing and does nothing; afterwards it is told by how much it stood still, as
 * its shell would notice, and finds in its socket what came meanwhile. Invariants are watched at every step: see
 * `history.ts`.
 */
import { Heap, Prng } from '../../src/base/index.ts';
import { type Output, type Send, Swim, type SwimOptions } from '../../src/gossip/index.ts';
import { History } from './history.ts';

export interface VirtualClusterOptions {
  readonly nodes: number;
  readonly seed: number;
  /** Of datagrams, each by itself. Default 0. */
  readonly loss?: number;
  /** Default 1 to 20 ms. */
  readonly delayMs?: readonly [least: number, most: number];
  readonly swim?: SwimOptions;
  /** All know each other from the beginning; default true. Otherwise they join by the first one. */
  readonly acquainted?: boolean;
  /** Default true; a long run of many nodes has more events than memory. */
  readonly keepsEvents?: boolean;
}

type Happening =
  | { readonly kind: 'tick'; readonly node: VirtualNode; readonly life: number }
  | { readonly kind: 'arrival'; readonly send: Send; readonly from: string }
  | { readonly kind: 'order'; readonly run: () => void };

interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  readonly happening: Happening;
}

export interface VirtualNode {
  readonly id: string;
  readonly address: string;
  swim: Swim;
  isUp: boolean;
  /** Grows with each start, so that timers of an earlier life are told apart. */
  life: number;
  pausedSinceMs: number | undefined;
  readonly unread: { readonly send: Send; readonly from: string }[];
  tickMs: number;
}

export interface RestartOptions {
  /** Where it begins; default 0. */
  readonly incarnation?: number;
  readonly seeds?: readonly string[];
}

export interface Traffic {
  datagrams: number;
  datagramBytes: number;
  reliable: number;
  reliableBytes: number;
}

/** What a paused node's socket holds before it loses what comes. */
const unreadMax = 1_000;

export class VirtualCluster {
  readonly nodes: VirtualNode[] = [];
  readonly history: History;
  readonly traffic: Traffic = { datagrams: 0, datagramBytes: 0, reliable: 0, reliableBytes: 0 };
  readonly #options: VirtualClusterOptions;
  readonly #random: Prng;
  readonly #byAddress = new Map<string, VirtualNode>();
  readonly #schedule = new Heap<Scheduled>(
    (left, right) => left.atMs - right.atMs || left.order - right.order,
  );
  #order = 0;
  nowMs = 0;
  /** False for a datagram or connection that a partition cuts. */
  reaches: (from: string, to: string) => boolean = () => true;

  constructor(options: VirtualClusterOptions) {
    this.#options = options;
    this.#random = new Prng(options.seed);
    this.history = new History({ keepsEvents: options.keepsEvents ?? true });
    for (let number = 0; number < options.nodes; number += 1) this.add(`n${number}`);
    const [first] = this.nodes;
    if (first === undefined) return;
    if (options.acquainted !== false) this.#acquaint(first);
    else for (const node of this.nodes) this.join(node, [first.address]);
  }

  /** A new process; it joins nobody by itself. */
  add(id: string, address = `${id}.test:7946`): VirtualNode {
    const swim = this.#swim(id, address, 0);
    const node: VirtualNode = {
      id,
      address,
      swim,
      isUp: true,
      life: 0,
      pausedSinceMs: undefined,
      unread: [],
      tickMs: Number.POSITIVE_INFINITY,
    };
    this.nodes.push(node);
    this.#byAddress.set(address, node);
    this.#carryOut(node, swim.tick(this.moment));
    return node;
  }

  get moment(): { readonly nowMs: number; readonly wallMs: number } {
    return { nowMs: this.nowMs, wallMs: 1_800_000_000_000 + this.nowMs };
  }

  get up(): VirtualNode[] {
    return this.nodes.filter(({ isUp }) => isUp);
  }

  node(id: string): VirtualNode {
    const node = this.nodes.find((one) => one.id === id);
    if (node === undefined) throw new Error(`no node is called ${id}`);
    return node;
  }

  at(ms: number, run: () => void): void {
    this.#put(ms, { kind: 'order', run });
  }

  join(node: VirtualNode, seeds: readonly string[]): void {
    this.#carryOut(node, node.swim.join(seeds, this.moment));
  }

  crash(node: VirtualNode): void {
    node.isUp = false;
    node.unread.length = 0;
    node.pausedSinceMs = undefined;
    this.history.crashed(node.id);
  }

  /** Starts the process again, with nothing of what it knew. */
  restart(node: VirtualNode, { incarnation = 0, seeds = [] }: RestartOptions = {}): void {
    node.life += 1;
    node.isUp = true;
    node.swim = this.#swim(node.id, node.address, incarnation);
    this.history.started(node.id);
    this.#carryOut(node, node.swim.tick(this.moment));
    this.join(node, seeds);
  }

  pause(node: VirtualNode, ms: number): void {
    node.pausedSinceMs = this.nowMs;
    this.history.paused(node.id);
    const { life } = node;
    this.at(this.nowMs + ms, () => {
      if (node.isUp && node.life === life) this.#resume(node);
    });
  }

  leave(node: VirtualNode): void {
    this.history.leaving(node.id);
    this.#carryOut(node, node.swim.leave(this.moment));
  }

  /** Hands a node any packet. */
  deliver(node: VirtualNode, bytes: Uint8Array, from: string, reliable = false): Output {
    const output = node.swim.receive({ bytes, from, reliable }, this.moment);
    this.#carryOut(node, output);
    return output;
  }

  runUntil(ms: number): void {
    for (
      let next = this.#schedule.peek();
      next !== undefined && next.atMs <= ms;
      next = this.#schedule.peek()
    ) {
      this.#schedule.pop();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.#happen(next.happening);
    }
    this.nowMs = ms;
  }

  run(ms: number): void {
    this.runUntil(this.nowMs + ms);
  }

  /** Runs until the condition holds, looked at every `stepMs`; the time it took, or undefined when it never held. */
  until(condition: () => boolean, mostMs: number, stepMs = 50): number | undefined {
    const startMs = this.nowMs;
    while (!condition()) {
      if (this.nowMs - startMs >= mostMs) return undefined;
      this.run(stepMs);
    }
    return this.nowMs - startMs;
  }

  /** Everybody who is up takes exactly those who are up for alive, in the incarnations that they have. */
  get agrees(): boolean {
    const up = this.up;
    return up.every(({ swim }) => {
      if (swim.status.live !== up.length || swim.status.suspect > 0) return false;
      return up.every(({ id, swim: { self } }) => {
        const member = swim.members.get(id);
        return member?.status === 'HEALTHY' && member.incarnation === self.incarnation;
      });
    });
  }

  #swim(id: string, address: string, incarnation: number): Swim {
    const { swim: options = {} } = this.#options;
    return new Swim({
      id,
      address,
      incarnation,
      cluster: 'test',
      options,
      random: this.#random.fork(),
      nowMs: this.nowMs,
    });
  }

  /** As if all had joined long ago: the first hears of each, and each then hears from the first of all. */
  #acquaint(first: VirtualNode): void {
    const others = this.nodes.filter((node) => node !== first);
    const tell = (from: VirtualNode, to: VirtualNode): void => {
      for (const { bytes, reliable } of from.swim.join([to.address], this.moment).sends) {
        this.#carryOut(to, {
          ...to.swim.receive({ bytes, from: from.address, reliable }, this.moment),
          sends: [],
        });
      }
    };
    for (const other of others) tell(other, first);
    for (const other of others) tell(first, other);
  }

  #resume(node: VirtualNode): void {
    const stalledMs = this.nowMs - (node.pausedSinceMs ?? this.nowMs);
    node.pausedSinceMs = undefined;
    this.history.resumed(node.id);
    this.#carryOut(node, node.swim.stalled(stalledMs));
    // Timers first, then the socket, as an event loop does.
    this.#carryOut(node, node.swim.tick(this.moment));
    for (const { send, from } of node.unread.splice(0)) this.#receive(node, send, from);
  }

  #happen(happening: Happening): void {
    switch (happening.kind) {
      case 'order':
        happening.run();
        break;
      case 'tick': {
        const { node, life } = happening;
        const isStale = node.life !== life || node.tickMs > this.nowMs;
        if (!node.isUp || isStale || node.pausedSinceMs !== undefined) break;
        this.#carryOut(node, node.swim.tick(this.moment));
        break;
      }
      case 'arrival': {
        const node = this.#byAddress.get(happening.send.to);
        if (!node?.isUp) break;
        if (node.pausedSinceMs === undefined) this.#receive(node, happening.send, happening.from);
        else if (node.unread.length < unreadMax) node.unread.push(happening);
        break;
      }
    }
  }

  #receive(node: VirtualNode, { bytes, reliable }: Send, from: string): void {
    this.#carryOut(node, node.swim.receive({ bytes, from, reliable }, this.moment));
  }

  #carryOut(node: VirtualNode, output: Output): void {
    for (const event of output.events) this.history.event(node.id, event, this.nowMs);
    this.history.seen(node.id, node.swim, output.events);
    for (const send of output.sends) this.#send(node, send);
    if (output.nextTickMs === node.tickMs) return;
    node.tickMs = output.nextTickMs;
    // Never at the same moment again, so that a core that wants it for ever is a test that fails and not one that hangs.
    if (node.tickMs !== Number.POSITIVE_INFINITY) {
      this.#put(Math.max(this.nowMs + 0.001, node.tickMs), { kind: 'tick', node, life: node.life });
    }
  }

  #send(node: VirtualNode, send: Send): void {
    const { loss = 0, delayMs: [least, most] = [1, 20] } = this.#options;
    const { bytes, reliable } = send;
    if (reliable) {
      this.traffic.reliable += 1;
      this.traffic.reliableBytes += bytes.length;
    } else {
      this.traffic.datagrams += 1;
      this.traffic.datagramBytes += bytes.length;
    }
    if (!this.reaches(node.address, send.to)) return;
    if (!reliable && loss > 0 && this.#random.chance(loss)) return;
    const onceMs = least + this.#random.float() * (most - least);
    // A connection needs some ways there and back, and what was lost of it once more.
    const delayMs = reliable ? onceMs * 3 + (loss > 0 && this.#random.chance(loss * 2) ? 300 : 0) : onceMs;
    this.#put(this.nowMs + delayMs, { kind: 'arrival', send, from: node.address });
  }

  #put(atMs: number, happening: Happening): void {
    this.#order += 1;
    this.#schedule.push({ atMs, order: this.#order, happening });
  }
}

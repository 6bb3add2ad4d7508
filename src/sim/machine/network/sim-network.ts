/**
 * The network between all simulated machines: who exists, how they reach each other, and what happens to
 * connections when processes and machines die.
 */
import { assert } from '../../../base/index.ts';
import type { Address } from '../../../ports/index.ts';
import type { Incarnation, Latency, Scheduler } from '../kernel/index.ts';
import { Host } from './host.ts';
import { Link, type LinkOptions } from './link.ts';
import { Pipe, type PipeSettings } from './pipe.ts';
import { SimConnection } from './sim-connection.ts';

export interface NetworkOptions extends LinkOptions {
  /** Between processes of one machine. */
  readonly loopbackLatency: Latency;
  /** Most bytes under way in one direction of a connection. */
  readonly windowBytes: number;
  /** Above so many waiting bytes `write` answers false. */
  readonly highWaterBytes: number;
  /** How likely a segment arrives in two parts. */
  readonly splitChance: number;
  /** How long bytes may stay unacknowledged before a kernel gives the connection up. */
  readonly giveUpMs: number;
  /** How long an attempt to connect goes on without an answer. */
  readonly connectMsMax: number;
  /** The most bytes of one datagram. */
  readonly datagramBytesMax: number;
  /** Received datagrams that a process has not taken yet; beyond so many bytes its kernel drops further ones. */
  readonly datagramBufferBytes: number;
}

/** One data centre, with the kernel's patience cut to a length that simulations live to see. */
export const networkDefaults: NetworkOptions = {
  latency: { leastMs: 0.1, spreadMs: 0.4, tailChance: 0.005, tailMs: 10 },
  loopbackLatency: { leastMs: 0.02, spreadMs: 0.03 },
  bytesPerMs: Number.POSITIVE_INFINITY,
  retransmitMsMin: 200,
  retransmitMsMax: 5_000,
  windowBytes: 256 * 1024,
  highWaterBytes: 64 * 1024,
  splitChance: 0.05,
  giveUpMs: 15_000,
  connectMsMax: 10_000,
  datagramBytesMax: 1_400,
  datagramBufferBytes: 208 * 1024,
  datagramLossChance: 0,
  datagramDoubleChance: 0.002,
};

/** Two ends that are to be connected; `near` asked. */
export interface JoinInit {
  readonly near: Host;
  readonly nearIncarnation: Incarnation;
  readonly nearRemote: Address;
  /** What `near` showed as its name, where the other side asked for one. */
  readonly nearName: string | undefined;
  readonly far: Host;
  readonly farIncarnation: Incarnation;
  /** When `near` hears that it is connected; no byte reaches it before. */
  readonly notBeforeMs: number;
}

export interface DatagramInit {
  readonly from: Host;
  readonly fromPort: number;
  readonly to: Address;
  readonly bytes: Uint8Array;
  /** The sender's present, which is ahead of the world's while it works. */
  readonly nowMs: number;
}

export class SimNetwork {
  readonly options: NetworkOptions;
  readonly #scheduler: Scheduler;
  readonly #hosts = new Map<string, Host>();
  readonly #links: (Link | undefined)[][] = [];
  readonly #stuck = new Set<Pipe>();
  readonly #pipeSettings: PipeSettings;

  constructor(scheduler: Scheduler, options: NetworkOptions) {
    this.options = options;
    this.#scheduler = scheduler;
    this.#pipeSettings = { ...options, scheduler, stuck: this.#stuck };
  }

  addHost(name: string): Host {
    assert(!this.#hosts.has(name), `two machines named ${name}`);
    const host = new Host(name, this.#hosts.size);
    this.#hosts.set(name, host);
    this.#links.push([]);
    return host;
  }

  /** The machine that `from` reaches under a name. */
  resolve(from: Host, name: string): Host | undefined {
    return from.answersTo(name) ? from : this.#hosts.get(name);
  }

  host(name: string): Host {
    const host = this.#hosts.get(name);
    assert(host !== undefined, `no machine is named ${name}`);
    return host;
  }

  /** All machines' names, in the order in which they were added. */
  names(): string[] {
    return [...this.#hosts.keys()];
  }

  link(from: Host, to: Host): Link {
    const row = this.#links[from.index] as (Link | undefined)[];
    const link = row[to.index];
    if (link !== undefined) return link;
    const latency = from === to ? this.options.loopbackLatency : this.options.latency;
    const made = new Link(
      { ...this.options, latency },
      {
        streams: this.#scheduler.prng(`link ${from.name} ${to.name}`),
        datagrams: this.#scheduler.prng(`datagrams ${from.name} ${to.name}`),
      },
    );
    row[to.index] = made;
    return made;
  }

  /** Links from each of some machines to each of others, those of a machine to itself left out. */
  linksBetween(from: readonly string[], to: readonly string[]): Link[] {
    return from.flatMap((one) =>
      to.filter((other) => other !== one).map((other) => this.link(this.host(one), this.host(other))),
    );
  }

  join(init: JoinInit): { readonly near: SimConnection; readonly far: SimConnection } {
    const { near: nearHost, far: farHost, notBeforeMs } = init;
    const { highWaterBytes } = this.options;
    const near = new SimConnection({
      host: nearHost,
      incarnation: init.nearIncarnation,
      remote: init.nearRemote,
      peer: farHost.name,
      peerName: undefined,
      highWaterBytes,
    });
    const far = new SimConnection({
      host: farHost,
      incarnation: init.farIncarnation,
      remote: { host: nearHost.name, port: nearHost.freePort() },
      peer: nearHost.name,
      peerName: init.nearName,
      highWaterBytes,
    });
    const link = this.link(nearHost, farHost);
    const back = this.link(farHost, nearHost);
    const settings = this.#pipeSettings;
    const out = new Pipe({ settings, link, back, sender: near, receiver: far, notBeforeMs: 0 });
    const incoming = new Pipe({ settings, link: back, back: link, sender: far, receiver: near, notBeforeMs });
    near.join(out, incoming);
    far.join(incoming, out);
    return { near, far };
  }

  /** Sends one datagram on its way; what cannot arrive is lost. */
  sendDatagram({ from, fromPort, to, bytes, nowMs }: DatagramInit): void {
    const host = this.resolve(from, to.host);
    if (host === undefined) return;
    const link = this.link(from, host);
    const busyMs = nowMs - this.#scheduler.nowMs;
    for (const copyMs of link.copiesMs(bytes.length, nowMs)) {
      this.#scheduler.after(busyMs + copyMs, () => {
        if (link.isCut || !host.up) return;
        host.datagramSockets.get(to.port)?.arrive(bytes, { host: from.name, port: fromPort });
      });
    }
  }

  /** Some link or machine works again: what was stuck is tried again. */
  retryStuck(): void {
    for (const pipe of [...this.#stuck]) pipe.retry();
  }

  /** A process died; the kernel of its machine closes what it had open. */
  kill(host: Host, incarnation: Incarnation): void {
    this.#forgetPorts(host, (owner) => owner === incarnation);
    for (const connection of [...host.connections]) {
      if (connection.incarnation === incarnation) connection.abandon();
    }
  }

  /** The power went: nobody is told. */
  crash(host: Host): void {
    host.up = false;
    this.#forgetPorts(host, () => true);
    for (const connection of [...host.connections]) connection.vanish();
  }

  boot(host: Host): void {
    host.up = true;
    this.retryStuck();
  }

  /** Resets all connections between two machines, for both ends. */
  reset(one: Host, other: Host): void {
    for (const [host, peer] of [[one, other.name] as const, [other, one.name] as const]) {
      for (const connection of [...host.connections]) {
        if (connection.peer === peer) connection.lost('ECONNRESET');
      }
    }
  }

  /** `one` loses its connections with `other`, who goes on believing in them until it writes. */
  forget(one: Host, other: Host): void {
    for (const connection of [...one.connections]) {
      if (connection.peer === other.name) connection.lost('ECONNABORTED');
    }
  }

  #forgetPorts(host: Host, isGone: (owner: Incarnation) => boolean): void {
    for (const holders of [host.listeners, host.datagramSockets])
      for (const [port, { incarnation }] of holders) if (isGone(incarnation)) holders.delete(port);
  }
}

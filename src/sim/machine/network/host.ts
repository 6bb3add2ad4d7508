/** One machine as the network sees it: whether its kernel answers, and who listens on which port. */
import type { Address, Connection, ServerTls } from '../../../ports/index.ts';
import type { Incarnation } from '../kernel/index.ts';

export interface HostListener {
  readonly incarnation: Incarnation;
  readonly tls: ServerTls | undefined;
  accept(connection: Connection): void;
}

/** Who takes the datagrams for a port. */
export interface HostDatagramSocket {
  readonly incarnation: Incarnation;
  arrive(bytes: Uint8Array, from: Address): void;
}

/** What the kernel of a machine does when a process or the machine dies. */
export interface HostConnection {
  readonly incarnation: Incarnation;
  /** The other machine's name. */
  readonly peer: string;
  /** The process died: its kernel closes for it. */
  abandon(): void;
  /** The power went. */
  vanish(): void;
  /** The connection is lost; `system` is the system's code. */
  lost(system: string): void;
}

const ephemeralPortMin = 49_152;
const ports = 65_536;

export class Host {
  readonly name: string;
  readonly index: number;
  /** False while the machine is without power. */
  up = true;
  readonly listeners: Map<number, HostListener> = new Map();
  readonly connections: Set<HostConnection> = new Set();
  readonly datagramSockets: Map<number, HostDatagramSocket> = new Map();
  #nextPort: number;

  constructor(name: string, index: number) {
    this.name = name;
    this.index = index;
    // Apart from those of its neighbours, so that a port in a story names one machine.
    this.#nextPort = ephemeralPortMin + ((index * 1009) % (ports - ephemeralPortMin));
  }

  /** A port that nobody has in the space `taken`: that of connections, or that of datagrams. */
  freePort(taken: ReadonlyMap<number, unknown> = this.listeners): number {
    do {
      this.#nextPort = this.#nextPort + 1 < ports ? this.#nextPort + 1 : ephemeralPortMin;
    } while (taken.has(this.#nextPort));
    return this.#nextPort;
  }

  /** True for this machine's name and for the names that every machine calls itself. */
  answersTo(host: string): boolean {
    return host === this.name || selfNames.has(host);
  }
}

const selfNames: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '::1', '0.0.0.0', '::']);

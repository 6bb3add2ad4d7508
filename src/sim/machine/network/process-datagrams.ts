/**
 * The datagram port of one simulated process. Its kernel keeps what arrives while the process does not run, up to a
 * number of bytes, and drops the rest: what an event loop that stalls finds afterwards is a part of what was sent.
 * As with connections, the bytes handed out are overwritten when the call returns.
 */
import { QuorateError } from '../../../base/index.ts';
import type {
  Address,
  DatagramHandler,
  DatagramOptions,
  DatagramSocket,
  Datagrams,
} from '../../../ports/index.ts';
import { happening, type Incarnation } from '../kernel/index.ts';
import type { Host, HostDatagramSocket } from './host.ts';
import { checkAddress, networkFailed, portInUse } from './network-errors.ts';
import type { SimNetwork } from './sim-network.ts';

/** How long the kernel takes to open a port. */
const openMs = 0.05;

const rubbish = 0xdd;

export class ProcessDatagrams implements Datagrams {
  readonly #network: SimNetwork;
  readonly #host: Host;
  readonly #incarnation: Incarnation;

  constructor(network: SimNetwork, host: Host, incarnation: Incarnation) {
    this.#network = network;
    this.#host = host;
    this.#incarnation = incarnation;
  }

  async open({ address }: DatagramOptions, received: DatagramHandler): Promise<DatagramSocket> {
    checkAddress(address, 0);
    return new Promise<DatagramSocket>((resolve, reject) => {
      const incarnation = this.#incarnation;
      if (incarnation.point()) return;
      incarnation.scheduler.after(openMs, () => {
        if (!incarnation.alive) return;
        const refusal = this.#refusal(address);
        const socket = refusal === undefined ? this.#bind(address, received) : undefined;
        incarnation.deliverInput(() => (socket === undefined ? reject(refusal) : resolve(socket)));
      });
    });
  }

  #refusal(address: Address): Error | undefined {
    if (!this.#host.answersTo(address.host)) return networkFailed('listen', address, 'EADDRNOTAVAIL');
    const holder = this.#host.datagramSockets.get(address.port)?.incarnation.name;
    return holder === undefined ? undefined : portInUse(address, holder);
  }

  #bind({ host: name, port: wanted }: Address, received: DatagramHandler): DatagramSocket {
    const host = this.#host;
    const port = wanted === 0 ? host.freePort(host.datagramSockets) : wanted;
    const socket = new SimDatagramSocket({
      network: this.#network,
      host,
      incarnation: this.#incarnation,
      address: { host: name, port },
      received,
    });
    host.datagramSockets.set(port, socket);
    return socket;
  }
}

interface SimDatagramSocketInit {
  readonly network: SimNetwork;
  readonly host: Host;
  readonly incarnation: Incarnation;
  readonly address: Address;
  readonly received: DatagramHandler;
}

class SimDatagramSocket implements DatagramSocket, HostDatagramSocket {
  readonly address: Address;
  readonly incarnation: Incarnation;
  readonly #network: SimNetwork;
  readonly #host: Host;
  readonly #received: DatagramHandler;
  #untakenBytes = 0;
  #dropped = 0;
  #closed = false;

  constructor({ network, host, incarnation, address, received }: SimDatagramSocketInit) {
    this.address = address;
    this.incarnation = incarnation;
    this.#network = network;
    this.#host = host;
    this.#received = received;
  }

  get bytesMax(): number {
    return this.#network.options.datagramBytesMax;
  }

  get dropped(): number {
    return this.#dropped;
  }

  send(bytes: Uint8Array, to: Address): void {
    const { bytesMax, incarnation } = this;
    if (bytes.length > bytesMax) throw tooLarge(bytes.length, bytesMax);
    checkAddress(to, 1);
    if (this.#closed || incarnation.point()) return;
    const { trace } = incarnation.scheduler;
    trace.note(happening.sent, incarnation.machine, bytes.length);
    if (trace.recording)
      trace.line(incarnation.name, `sends a datagram of ${bytes.length} bytes to ${to.host}`);
    if (this.#network.resolve(this.#host, to.host) === undefined) this.#dropped += 1;
    const { nowMs } = incarnation;
    this.#network.sendDatagram({ from: this.#host, fromPort: this.address.port, to, bytes, nowMs });
  }

  arrive(bytes: Uint8Array, from: Address): void {
    const { incarnation } = this;
    if (this.#untakenBytes + bytes.length > this.#network.options.datagramBufferBytes) return;
    this.#untakenBytes += bytes.length;
    incarnation.deliverInput(() => {
      this.#untakenBytes -= bytes.length;
      if (!this.#closed) this.#hand(bytes, from);
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.incarnation.alive) this.#host.datagramSockets.delete(this.address.port);
  }

  #hand(bytes: Uint8Array, from: Address): void {
    const { incarnation } = this;
    const { trace } = incarnation.scheduler;
    trace.note(happening.received, incarnation.machine, bytes.length);
    if (trace.recording)
      trace.line(incarnation.name, `receives a datagram of ${bytes.length} bytes from ${from.host}`);
    const view = bytes.slice();
    this.#received(view, from);
    view.fill(rubbish);
  }
}

function tooLarge(bytes: number, limit: number): QuorateError<'too-large'> {
  return new QuorateError({
    code: 'too-large',
    message: `a datagram of ${bytes} bytes, but at most ${limit} pass in one piece`,
    data: { what: 'datagram', bytes, limit },
  });
}

/**
 * One end of a simulated connection, as its process sees it. The bytes handed out lie in memory that is
 * overwritten as soon as the call returns: who keeps the view instead of a copy reads rubbish here, in every
 * run, and not on some day in production.
 */
import { assert, Deque } from '../../../base/index.ts';
import type { Address, Connection, ConnectionHandler } from '../../../ports/index.ts';
import { happening, type Incarnation } from '../kernel/index.ts';
import type { Host, HostConnection } from './host.ts';
import { networkFailed } from './network-errors.ts';
import type { Pipe, PipeEnd } from './pipe.ts';

export interface SimConnectionInit {
  readonly host: Host;
  readonly incarnation: Incarnation;
  readonly remote: Address;
  /** The other machine's name. */
  readonly peer: string;
  readonly peerName: string | undefined;
  readonly highWaterBytes: number;
}

const rubbish = 0xdd;

/** One read's worth; a read and the call that hands it over are one step, so that all connections may share it. */
const scratch = new Uint8Array(65_536);

/** What waits for `resume`: bytes, or the peer's end. */
type Unread = Uint8Array | 'end';

export class SimConnection implements Connection, PipeEnd, HostConnection {
  readonly remote: Address;
  readonly peerName?: string;
  readonly peer: string;
  readonly host: Host;
  readonly incarnation: Incarnation;
  readonly #highWaterBytes: number;
  #out: Pipe | undefined;
  #in: Pipe | undefined;
  #handler: ConnectionHandler | undefined;
  readonly #unread = new Deque<Unread>();
  #paused = false;
  #needsDrain = false;
  #ending = false;
  #endSent = false;
  #peerEnded = false;
  #gone = false;

  constructor(init: SimConnectionInit) {
    this.host = init.host;
    this.incarnation = init.incarnation;
    this.remote = init.remote;
    this.peer = init.peer;
    if (init.peerName !== undefined) this.peerName = init.peerName;
    this.#highWaterBytes = init.highWaterBytes;
    this.host.connections.add(this);
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** True when somebody listens, or when nobody ever will. */
  get claimed(): boolean {
    return this.#handler !== undefined || this.#gone;
  }

  /** Both ends exist: the pipes between them do. */
  join(out: Pipe, incoming: Pipe): void {
    this.#out = out;
    this.#in = incoming;
  }

  start(handler: ConnectionHandler): void {
    assert(this.#handler === undefined, 'a connection is started once');
    this.#handler = handler;
  }

  write(bytes: Uint8Array): boolean {
    const { incarnation } = this;
    const out = this.#out;
    if (this.#gone || this.#ending || out === undefined || incarnation.point()) return false;
    const { trace } = incarnation.scheduler;
    trace.note(happening.sent, incarnation.machine, bytes.length);
    if (trace.recording) trace.line(incarnation.name, `sends ${bytes.length} bytes to ${this.peer}`);
    if (bytes.length > 0) out.send(bytes, incarnation.nowMs);
    if (out.waitingBytes <= this.#highWaterBytes) return true;
    this.#needsDrain = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#readOn();
  }

  end(): void {
    if (this.#gone || this.#ending || this.incarnation.point()) return;
    this.#ending = true;
    this.#out?.sendEnd(this.incarnation.nowMs);
  }

  destroy(): void {
    if (this.#gone || this.incarnation.point()) return;
    this.#leave();
    this.#out?.sendReset();
    this.#tellClosed(undefined);
  }

  receive(bytes: Uint8Array): void {
    this.incarnation.deliverInput(() => {
      if (this.#gone) return;
      if (this.#paused || this.#unread.size > 0) this.#unread.pushBack(bytes);
      else this.#hand(bytes);
    });
  }

  receiveEnd(): void {
    this.incarnation.deliverInput(() => {
      if (this.#gone) return;
      if (this.#paused || this.#unread.size > 0) this.#unread.pushBack('end');
      else this.#handEnd();
    });
  }

  endSent(): void {
    this.#endSent = true;
    this.#closeIfBothEnded();
  }

  roomMade(): void {
    if (!this.#needsDrain || this.#gone || (this.#out?.waitingBytes ?? 0) >= this.#highWaterBytes) return;
    this.#needsDrain = false;
    this.incarnation.deliverInput(() => {
      if (!this.#gone) this.#handler?.drained();
    });
  }

  lost(system: string): void {
    if (this.#gone) return;
    const { trace } = this.incarnation.scheduler;
    trace.note(happening.network, this.incarnation.machine, 0);
    if (trace.recording) trace.line(this.incarnation.name, `loses a connection with ${this.peer}: ${system}`);
    this.#leave();
    this.#out?.stop();
    this.#tellClosed(networkFailed('connection', this.remote, system));
  }

  /**
   * A kernel that has unread bytes resets. One that has none sends an end, as if the process had meant it,
   * although what waited in the process' own memory is lost: an end proves nothing about completeness.
   */
  abandon(): void {
    if (this.#gone) return;
    const hadUnread = this.#unread.size > 0;
    this.#leave();
    if (hadUnread) this.#out?.sendReset();
    else if (!this.#endSent) this.#out?.sendEndOfDead();
  }

  vanish(): void {
    if (this.#gone) return;
    this.#leave();
    this.#out?.loseSender();
  }

  #leave(): void {
    this.#gone = true;
    this.#unread.clear();
    this.host.connections.delete(this);
  }

  #hand(bytes: Uint8Array): void {
    const { incarnation } = this;
    const handler = this.#handler;
    assert(handler !== undefined, 'a connection is started in the turn in which it is handed over');
    const { trace } = incarnation.scheduler;
    trace.note(happening.received, incarnation.machine, bytes.length);
    if (trace.recording) trace.line(incarnation.name, `receives ${bytes.length} bytes from ${this.peer}`);
    const view = scratch.subarray(0, bytes.length);
    view.set(bytes);
    handler.received(view);
    view.fill(rubbish);
    this.#in?.taken(bytes.length);
  }

  #handEnd(): void {
    this.#peerEnded = true;
    this.#handler?.ended();
    this.#closeIfBothEnded();
  }

  #closeIfBothEnded(): void {
    if (this.#gone || !this.#endSent || !this.#peerEnded) return;
    this.#leave();
    this.#tellClosed(undefined);
  }

  /** One piece a turn, as a real socket would bring it. */
  #readOn(): void {
    if (this.#unread.size === 0) return;
    this.incarnation.scheduler.soon(() => {
      this.incarnation.deliverInput(() => {
        if (this.#gone || this.#paused) return;
        const unread = this.#unread.popFront();
        if (unread === undefined) return;
        if (unread === 'end') this.#handEnd();
        else this.#hand(unread);
        this.#readOn();
      });
    });
  }

  #tellClosed(cause: Error | undefined): void {
    const { incarnation } = this;
    incarnation.scheduler.soon(() => {
      incarnation.deliverInput(() => {
        if (cause === undefined) this.#handler?.closed();
        else this.#handler?.closed(cause);
      });
    });
  }
}

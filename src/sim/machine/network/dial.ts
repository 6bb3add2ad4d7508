/**
 * One attempt to connect. The request travels to the machine that is asked for, is repeated with growing
 * pauses while the way is cut or the machine is down, and is answered by its kernel: a process that is stopped
 * still accepts, and serves when it runs again.
 */
import type { Address, ClientTls, Connection, ConnectOptions, ServerTls } from '../../../ports/index.ts';
import type { Incarnation } from '../kernel/index.ts';
import type { Host, HostListener } from './host.ts';
import { networkFailed } from './network-errors.ts';
import type { SimConnection } from './sim-connection.ts';
import type { SimNetwork } from './sim-network.ts';

const lookUpMs = 0.5;
const firstPauseMs = 1000;

export class Dial {
  readonly #network: SimNetwork;
  readonly #host: Host;
  readonly #incarnation: Incarnation;
  readonly #address: Address;
  readonly #tls: ClientTls | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (connection: Connection) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #onAbort = (): void => this.#fail(this.#signal?.reason);
  readonly #deadlineMs: number;
  #over = false;

  constructor(
    network: SimNetwork,
    host: Host,
    incarnation: Incarnation,
    options: ConnectOptions,
    resolve: (connection: Connection) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#network = network;
    this.#host = host;
    this.#incarnation = incarnation;
    this.#address = options.address;
    this.#tls = options.tls;
    this.#signal = options.signal;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#deadlineMs = incarnation.nowMs + network.options.connectMsMax;
  }

  begin(): void {
    if (this.#signal?.aborted) return this.#fail(this.#signal.reason);
    this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
    const target = this.#network.resolve(this.#host, this.#address.host);
    if (target === undefined) this.#after(lookUpMs, () => this.#failWith('ENOTFOUND'));
    else this.#ask(target, firstPauseMs);
  }

  #ask(target: Host, pauseMs: number): void {
    const there = this.#network.link(this.#host, target);
    const nowMs = this.#incarnation.nowMs;
    const busyMs = nowMs - this.#incarnation.scheduler.nowMs;
    this.#after(busyMs + there.passMs(0, nowMs), () => {
      if (there.isCut || !target.up) this.#askAgain(target, pauseMs);
      else this.#arrive(target, pauseMs);
    });
  }

  #askAgain(target: Host, pauseMs: number): void {
    const leftMs = this.#deadlineMs - this.#incarnation.scheduler.nowMs;
    if (leftMs <= pauseMs) this.#after(Math.max(0, leftMs), () => this.#failWith('ETIMEDOUT'));
    else this.#after(pauseMs, () => this.#ask(target, 2 * pauseMs));
  }

  /** The request is there. */
  #arrive(target: Host, pauseMs: number): void {
    const listener = target.listeners.get(this.#address.port);
    const refusal = listener === undefined ? 'ECONNREFUSED' : tlsRefusal(this.#tls, listener.tls);
    const back = this.#network.link(target, this.#host);
    const nowMs = this.#incarnation.scheduler.nowMs;
    const answerMs = nowMs + back.passMs(0, nowMs) * (this.#tls === undefined ? 1 : 3);
    let near: SimConnection | undefined;
    // Before the other side hears of it, so that nothing it does at once arrives before this answer.
    this.#incarnation.scheduler.at(answerMs, () => {
      if (this.#over) near?.abandon();
      else if (back.isCut) this.#loseAnswer(target, pauseMs, near);
      else if (near === undefined) this.#failWith(refusal ?? 'ECONNREFUSED');
      // Lost before its program knew of it: nobody would ever tell that program.
      else if (near.gone) this.#failWith('ECONNRESET');
      else this.#succeed(near);
    });
    if (listener !== undefined && refusal === undefined) near = this.#accept(target, listener, answerMs);
  }

  /** The other side believes in a connection of which this side never hears. */
  #loseAnswer(target: Host, pauseMs: number, near: SimConnection | undefined): void {
    near?.vanish();
    this.#askAgain(target, pauseMs);
  }

  #accept(target: Host, listener: HostListener, answerMs: number): SimConnection {
    const { near, far } = this.#network.join({
      near: this.#host,
      nearIncarnation: this.#incarnation,
      nearRemote: this.#address,
      far: target,
      farIncarnation: listener.incarnation,
      nearName: listener.tls?.clientAuthorities === undefined ? undefined : commonName(this.#tls),
      notBeforeMs: answerMs,
    });
    listener.incarnation.deliverInput(() => listener.accept(far));
    return near;
  }

  #succeed(connection: SimConnection): void {
    this.#settle();
    this.#incarnation.deliverInput(() => this.#resolve(connection));
  }

  #failWith(system: string): void {
    this.#fail(networkFailed('connect', this.#address, system));
  }

  /** An abort comes from the process itself and is answered in its turn; everything else is input. */
  #fail(reason: unknown): void {
    if (this.#over) return;
    this.#settle();
    if (this.#signal?.aborted) this.#reject(reason);
    else this.#incarnation.deliverInput(() => this.#reject(reason));
  }

  #settle(): void {
    this.#over = true;
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #after(delayMs: number, next: () => void): void {
    this.#incarnation.scheduler.after(delayMs, () => {
      if (!this.#over && this.#incarnation.alive) next();
    });
  }
}

/** Simulated TLS encrypts nothing; it checks that both sides want it, and that a certificate is shown where one is asked for. */
function tlsRefusal(client: ClientTls | undefined, server: ServerTls | undefined): string | undefined {
  if (client === undefined && server === undefined) return undefined;
  if (client === undefined || server === undefined) return 'ERR_SSL_WRONG_VERSION_NUMBER';
  if (server.clientAuthorities === undefined || client.certificate !== undefined) return undefined;
  if (server.clientCertificates === 'optional') return undefined;
  return 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED';
}

/** A simulated certificate is a text that contains `CN=name`. */
function commonName(tls: ClientTls | undefined): string | undefined {
  return /CN=([^\s,]+)/.exec(tls?.certificate ?? '')?.[1];
}

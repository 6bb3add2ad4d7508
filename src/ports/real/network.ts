/**
 * The network on Node's TCP and TLS. Small writes leave at once (`noDelay`): whoever has several messages for
 * one peer gathers them into one write, which is where the cost lies.
 */
import type { Connection, ConnectOptions, Listener, ListenOptions, Log, Network } from '../index.ts';
import { dial, type SocketOptions } from './dialing.ts';
import { type Accept, listen } from './listener.ts';
import { silentLog } from './silent-log.ts';
import { checkAddress } from './usable-address.ts';

export interface RealNetworkOptions {
  /** Hears of handshakes and accepts that failed, which no caller waits for. Default: nobody does. */
  readonly log?: Log;
  /** Above this many bytes that wait for a slow peer, `write` answers false. Default 256 KiB; Node's 64 KiB for accepted TLS connections. */
  readonly highWaterMarkBytes?: number;
  /** A TLS client that has not finished its handshake by then is dropped. Default 10 s. */
  readonly handshakeMsMax?: number;
  /** TLS handshakes that a listener has under way at once; whoever comes beyond is cut. Default 1,024. */
  readonly handshakesMax?: number;
}

export function realNetwork(options: RealNetworkOptions = {}): Network {
  return new RealNetwork(options);
}

class RealNetwork implements Network {
  readonly #log: Log;
  readonly #handshakeMsMax: number;
  readonly #handshakesMax: number;
  readonly #socketOptions: SocketOptions;

  constructor(options: RealNetworkOptions) {
    this.#log = options.log ?? silentLog();
    this.#handshakeMsMax = options.handshakeMsMax ?? 10_000;
    this.#handshakesMax = options.handshakesMax ?? 1024;
    this.#socketOptions = {
      noDelay: true,
      allowHalfOpen: true,
      highWaterMark: options.highWaterMarkBytes ?? 256 * 1024,
    };
  }

  async listen(options: ListenOptions, accept: Accept): Promise<Listener> {
    checkAddress(options.address, 0);
    return listen(options, accept, {
      log: this.#log,
      socketOptions: this.#socketOptions,
      handshakeMsMax: this.#handshakeMsMax,
      handshakesMax: this.#handshakesMax,
    });
  }

  async connect(options: ConnectOptions): Promise<Connection> {
    checkAddress(options.address, 1);
    return dial(options, this.#socketOptions);
  }
}

/** Between an engine and its server: passes everything on, but can keep the answer to the next question to itself. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export class WithholdingRelay implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isNext = false;
  #held: Socket | undefined;

  static async open(port: number): Promise<WithholdingRelay> {
    const relay = new WithholdingRelay(port);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  private constructor(port: number) {
    this.#server = createServer((near) => this.#join(near, connect(port, '127.0.0.1')));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Whoever asks next hears nothing. */
  withhold(): void {
    this.#isNext = true;
  }

  /** The connection of who was to hear nothing is lost. */
  cut(): void {
    this.#held?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(near: Socket, far: Socket): void {
    for (const [own, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(own);
      // A connection that is cut may tell of it on either side.
      own.on('error', () => other.destroy());
      own.on('close', () => {
        this.#sockets.delete(own);
        other.destroy();
      });
    }
    near.on('data', (bytes) => {
      if (this.#isNext) this.#held = near;
      this.#isNext = false;
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (this.#held !== near) near.write(bytes);
    });
  }
}

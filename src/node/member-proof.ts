/**
 * How members show each other that they know the cluster's secret, without telling it. Whoever connects proves
 * first, so that a stranger cannot have anything computed for it: both sides draw a number, and each answers with
 * a code over both numbers, over the hello, which names the cluster and both members, and over which side it is. A proof is
 * therefore worth nothing on another connection, to another member, or sent back to where it came from.
 *
 *     connecting   hello, number
 *     listening    number
 *     connecting   code
 *     listening    code
 */
import { ByteReader, ByteWriter, invalidOption, type QuorateError } from '../base/index.ts';
import {
  type Checksum,
  decodeHello,
  encodeReply,
  FrameReader,
  helloRefused,
  speaksAsMember,
  writeFrame,
} from '../net/index.ts';
import type {
  Address,
  Connection,
  ConnectionHandler,
  ConnectOptions,
  Cryptography,
  Listener,
  ListenOptions,
  Network,
  Random,
} from '../ports/index.ts';

export interface SecretOptions {
  /** What the members share, the one to prove with first; all of them are accepted, so that a secret can be changed. */
  readonly secrets: readonly string[];
  readonly cryptography: Cryptography;
  readonly random: Random;
}

const magic = 0x7365_6372;
const numberBytes = 32;
const frameBytesMax = 64 * 1024;

/** Whoever hears a proof may try secrets against it at leisure. */
const secretLengthMin = 16;

type Side = 'connecting' | 'listening';

interface Numbers {
  readonly connecting: Uint8Array;
  readonly listening: Uint8Array;
}

export class MemberSecret {
  readonly #keys: readonly Uint8Array[];
  readonly #options: SecretOptions;

  constructor(options: SecretOptions) {
    this.#options = options;
    for (const secret of options.secrets)
      if (secret.length < secretLengthMin)
        throw invalidOption(
          'secrets',
          `a secret of ${secret.length} characters`,
          `at least ${secretLengthMin}`,
        );
    this.#keys = options.secrets.map((secret) => new TextEncoder().encode(secret));
  }

  drawNumber(): Uint8Array {
    const number = new Uint8Array(numberBytes);
    this.#options.random.fill(number);
    return number;
  }

  /** The code of one side over a hello as it was sent, by the secret at `place`. */
  code(place: number, side: Side, hello: Uint8Array, { connecting, listening }: Numbers): Uint8Array {
    const writer = new ByteWriter(256);
    writer.text(side);
    writer.block(hello);
    writer.raw(connecting);
    writer.raw(listening);
    return this.#options.cryptography.hmac(this.#keys[place] as Uint8Array, writer.bytes());
  }

  /** The place of the secret by which this is the right code; `undefined` for none. */
  secretOf(code: Uint8Array, side: Side, hello: Uint8Array, numbers: Numbers): number | undefined {
    let found: number | undefined;
    // All are tried, so that the time tells nothing.
    for (let place = 0; place < this.#keys.length; place += 1) {
      const isRight = this.#options.cryptography.isEqual(code, this.code(place, side, hello, numbers));
      if (isRight) found ??= place;
    }
    return found;
  }
}

/** The listening side of one connection. */
export class ProofIntake {
  readonly #secret: MemberSecret;
  readonly #hello: Uint8Array;
  readonly #answer: (payload: Uint8Array) => void;
  #numbers: Numbers | undefined;

  constructor(secret: MemberSecret, hello: Uint8Array, answer: (payload: Uint8Array) => void) {
    this.#secret = secret;
    this.#hello = hello;
    this.#answer = answer;
  }

  /** Takes a frame. True: the other side knows the secret, and has been told so. Throws `hello-refused` for one that does not. */
  take(payload: Uint8Array): boolean {
    if (this.#numbers === undefined) {
      if (!isOpening(payload)) throw unproved('it does not prove that it knows the secret of the cluster');
      const listening = this.#secret.drawNumber();
      this.#numbers = { connecting: Uint8Array.from(payload.subarray(4)), listening };
      this.#answer(listening);
      return false;
    }
    const place = this.#secret.secretOf(payload, 'connecting', this.#hello, this.#numbers);
    if (place === undefined) throw unproved('it does not know the secret of the cluster');
    this.#answer(this.#secret.code(place, 'listening', this.#hello, this.#numbers));
    return true;
  }
}

/** Whether a frame begins a proof. */
export function isOpening(payload: Uint8Array): boolean {
  return payload.length === 4 + numberBytes && new ByteReader(payload, 'proof').u32() === magic;
}

/** For a node without a secret to which somebody wants to prove one. */
export function secretUnknown(): QuorateError<'hello-refused'> {
  return unproved('it proves a secret, and this node was started without one');
}

/** A network on which whoever connects proves first, behind its hello, and has the other side prove. */
export class ProvingNetwork implements Network {
  readonly #network: Network;
  readonly #secret: MemberSecret;
  readonly #checksum: Checksum;

  constructor(network: Network, secret: MemberSecret, checksum: Checksum) {
    this.#network = network;
    this.#secret = secret;
    this.#checksum = checksum;
  }

  listen(options: ListenOptions, accept: (connection: Connection) => void): Promise<Listener> {
    return this.#network.listen(options, accept);
  }

  async connect(options: ConnectOptions): Promise<Connection> {
    return new ProvingConnection(await this.#network.connect(options), this.#secret, this.#checksum);
  }
}

/** The connecting side: what is written behind the hello waits until both sides have proved. */
class ProvingConnection implements Connection {
  readonly remote: Address;
  readonly peerName?: string;
  readonly #connection: Connection;
  readonly #secret: MemberSecret;
  readonly #checksum: Checksum;
  readonly #frames: FrameReader;
  readonly #number: Uint8Array;
  #hello: Uint8Array | undefined;
  #numbers: Numbers | undefined;
  #isProved = false;
  /** Bounded by whoever writes: it is told to wait for `drained` from the first on. */
  #held: Uint8Array[] = [];
  #handler: ConnectionHandler | undefined;

  constructor(connection: Connection, secret: MemberSecret, checksum: Checksum) {
    this.#connection = connection;
    this.#secret = secret;
    this.#checksum = checksum;
    this.#number = secret.drawNumber();
    this.remote = connection.remote;
    if (connection.peerName !== undefined) this.peerName = connection.peerName;
    this.#frames = new FrameReader({ payloadBytesMax: () => frameBytesMax, checksum });
  }

  start(handler: ConnectionHandler): void {
    this.#handler = handler;
    this.#connection.start({
      received: (bytes) => (this.#isProved ? handler.received(bytes) : this.#received(bytes)),
      drained: () => {
        if (this.#isProved) handler.drained();
      },
      ended: () => handler.ended(),
      closed: (cause) => handler.closed(cause),
    });
  }

  write(bytes: Uint8Array): boolean {
    if (this.#isProved) return this.#connection.write(bytes);
    if (this.#hello !== undefined) {
      this.#held.push(bytes);
      return false;
    }
    new FrameReader({ payloadBytesMax: () => frameBytesMax, checksum: this.#checksum }).push(
      bytes,
      (hello) => {
        this.#hello = hello;
      },
    );
    this.#isProved = this.#hello !== undefined && !speaksAsMember(decodeHello(this.#hello));
    if (this.#isProved) return this.#connection.write(bytes);
    const writer = new ByteWriter(64);
    writer.u32(magic);
    writer.raw(this.#number);
    this.#connection.write(bytes);
    this.#send(writer.bytes());
    return true;
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  end(): void {
    this.#connection.end();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  #received(bytes: Uint8Array): void {
    try {
      this.#frames.push(bytes, (payload) => this.#frame(payload));
    } catch {
      // It is no member; whoever waits hears that the connection is gone.
      this.#connection.destroy();
    }
  }

  #frame(payload: Uint8Array): void {
    const hello = this.#hello;
    // A node that refuses says why instead of its part.
    if (hello === undefined || payload.length !== numberBytes) {
      this.#handler?.received(this.#framed(payload));
      return;
    }
    if (this.#numbers === undefined) {
      this.#numbers = { connecting: this.#number, listening: payload };
      this.#send(this.#secret.code(0, 'connecting', hello, this.#numbers));
      return;
    }
    if (this.#secret.secretOf(payload, 'listening', hello, this.#numbers) === undefined) {
      this.#complain(unproved('the node that listens there does not know the secret of the cluster'));
      return;
    }
    this.#isProved = true;
    const held = this.#held;
    this.#held = [];
    let isFree = true;
    for (const bytes of held) isFree = this.#connection.write(bytes);
    if (held.length > 0 && isFree) this.#handler?.drained();
  }

  /** Told as if the other side had said it: nobody else knows what is wrong. */
  #complain(error: QuorateError): void {
    const writer = new ByteWriter(1024);
    encodeReply(writer, { id: 0, ok: false, error });
    this.#handler?.received(this.#framed(writer.bytes()));
    this.#connection.destroy();
  }

  #send(payload: Uint8Array): void {
    this.#connection.write(this.#framed(payload));
  }

  #framed(payload: Uint8Array): Uint8Array {
    return framed(payload, this.#checksum);
  }
}

export function framed(payload: Uint8Array, checksum: Checksum): Uint8Array {
  const writer = new ByteWriter(payload.length + 16);
  writeFrame(writer, checksum, () => writer.raw(payload));
  return writer.bytes();
}

function unproved(reason: string): QuorateError<'hello-refused'> {
  return helloRefused(`${reason}; start all members with the same secret`);
}

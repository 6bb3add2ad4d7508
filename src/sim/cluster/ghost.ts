/**
 * Keeps copies of what members said to each other, and says some of it again later, in their names: late, twice,
 * out of order, across elections, restarts and changes of members. Raft must hold under all of it; what nodes
 * rely on beyond that, such as the order of one connection, must not carry any safety.
 */
import { ByteWriter, crc32, type Prng } from '../../base/index.ts';
import { encodeHello, writeFrame } from '../../net/index.ts';
import type { Address, Connection, Machine } from '../../ports/index.ts';
import { encodeMessage, type MemberId, type Message } from '../../raft/index.ts';
import type { Program } from '../machine/index.ts';

/** Copies that are kept for each receiver. New ones take the place of any, so that some are very old. */
const copiesMax = 256;
/** It claims the newest release in everybody's name, true or not. */
const levels = { least: 1, most: 2, founded: 0 };
/** One message in so many is kept. */
const keepOneIn = 8;

export interface GhostOptions {
  readonly cluster: string;
  readonly prng: Prng;
  readonly addresses: ReadonlyMap<MemberId, Address>;
  /** A message is said again. */
  readonly said: (message: Message) => void;
}

export interface Haunting {
  readonly target: MemberId;
  readonly messages: number;
  readonly forMs: number;
}

export class Ghost {
  readonly #options: GhostOptions;
  readonly #copies = new Map<MemberId, Message[]>();
  #seen = 0;

  constructor(options: GhostOptions) {
    this.#options = options;
  }

  /** A message leaves a member. */
  saw(message: Message): void {
    this.#seen += 1;
    if (this.#seen % keepOneIn !== 0) return;
    let copies = this.#copies.get(message.to);
    if (copies === undefined) {
      copies = [];
      this.#copies.set(message.to, copies);
    }
    if (copies.length < copiesMax) copies.push(message);
    else copies[this.#options.prng.below(copiesMax)] = message;
  }

  /** A process that says old messages to `target`; `undefined` when there is none to say. */
  haunt({ target, messages, forMs }: Haunting): Program | undefined {
    const { prng } = this.#options;
    const copies = this.#copies.get(target);
    const address = this.#options.addresses.get(target);
    if (copies === undefined || address === undefined) return undefined;
    // Each drawn anew, so that some come twice and in any order.
    const drawn = Array.from({ length: messages }, () => prng.pick(copies));
    const bySender = Map.groupBy(drawn, ({ from }) => from);
    return async (machine) => {
      const lines = [...bySender].map(([from, said]) => this.#speak(machine, address, from, said, forMs));
      await Promise.all(lines);
    };
  }

  async #speak(
    machine: Machine,
    address: Address,
    from: MemberId,
    messages: readonly Message[],
    forMs: number,
  ): Promise<void> {
    const { cluster, said } = this.#options;
    const connection = await open(machine, address);
    if (connection === undefined) return;
    const to = (messages[0] as Message).to;
    connection.write(
      framed((writer) => writer.raw(encodeHello({ purpose: 'peer', cluster, from, to, levels }))),
    );
    for (const message of messages) {
      await pause(machine, forMs / messages.length);
      said(message);
      connection.write(framed((writer) => writeMessage(writer, message)));
    }
    connection.end();
  }
}

/** Nobody there: then nothing is said. */
async function open(machine: Machine, address: Address): Promise<Connection | undefined> {
  try {
    const connection = await machine.network.connect({ address });
    const ignore = (): void => undefined;
    connection.start({ received: ignore, drained: ignore, ended: ignore, closed: ignore });
    return connection;
  } catch {
    return undefined;
  }
}

function framed(fill: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter(256);
  writeFrame(writer, crc32, () => fill(writer));
  return writer.copy();
}

function writeMessage(writer: ByteWriter, message: Message): void {
  const length = writer.skip(4);
  encodeMessage(writer, message);
  writer.patchU32(length, writer.length - length - 4);
}

function pause(machine: Machine, forMs: number): Promise<void> {
  return new Promise((resolve) => {
    machine.clock.setTimer(forMs, resolve);
  });
}

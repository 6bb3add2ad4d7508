/**
 * Datagrams: single packets between addresses. Each arrives whole or not at all; any may be lost, come late, come
 * twice, or overtake another. Nobody is told. Whoever needs more than that adds it, or takes a connection of the
 * network port; what a datagram is for is to ask somebody who may be dead, without state for him on either side.
 *
 * Failures of `open` are those of `Network.listen`. From then on the world can only lose packets: a send that the
 * system refuses is one of those, and `dropped` counts it.
 */
import type { Address } from './network.ts';

export interface Datagrams {
  /**
   * Binds a port until closed. `received` hears of each packet; `bytes` are valid during the call only, and may be
   * more than `bytesMax`, because senders need not keep to that. It is a port space of its own: a number may be
   * taken for datagrams and free for connections, or the other way round.
   */
  open(options: DatagramOptions, received: DatagramHandler): Promise<DatagramSocket>;
}

export interface DatagramOptions {
  /** Port 0 takes a free one; `DatagramSocket.address` tells which. */
  readonly address: Address;
}

export type DatagramHandler = (bytes: Uint8Array, from: Address) => void;

export interface DatagramSocket {
  /** The host as it was asked for, the port as it is. */
  readonly address: Address;

  /** The most bytes of one packet that pass the usual networks in one piece. */
  readonly bytesMax: number;

  /** Packets that this side could not send: no way there, an unknown name, too much waiting in the system. */
  readonly dropped: number;

  /**
   * Sends one packet and takes `bytes` over; the caller never touches them again. `too-large`, with nothing sent,
   * above `bytesMax`. After `close` it drops them.
   */
  send(bytes: Uint8Array, to: Address): void;

  /** Frees the port; nothing is received once this was called. May be called twice. */
  close(): Promise<void>;
}

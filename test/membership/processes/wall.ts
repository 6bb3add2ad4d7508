/**
 * A wall in front of what one process sends: packets to who is behind it are lost, connections to it never come about,
 * as behind a switch that is gone. Where both sides have one, the network between them is cut; and it needs no rights
 * on the machine.
 */
import { untilAborted } from '../../../src/base/index.ts';
import type { MembershipMachine } from '../../../src/membership/index.ts';
import {
  type Address,
  addressText,
  type DatagramHandler,
  type DatagramOptions,
  type DatagramSocket,
} from '../../../src/ports/index.ts';

export class Wall {
  #behind: ReadonlySet<string> = new Set();

  /** From now on these addresses, such as `127.0.0.1:7946`, and no others. */
  put(addresses: readonly string[]): void {
    this.#behind = new Set(addresses);
  }

  /** The machine as one sees it that stands before the wall. */
  around(machine: MembershipMachine): MembershipMachine {
    const { network, datagrams } = machine;
    return {
      ...machine,
      network: {
        listen: (options, accept) => network.listen(options, accept),
        connect: async (options) => {
          const { address, signal } = options;
          if (!this.#isBehind(address)) return network.connect(options);
          const never = new Promise<never>(() => undefined);
          return signal === undefined ? never : untilAborted(never, signal);
        },
      },
      datagrams: {
        open: async (options: DatagramOptions, received: DatagramHandler) =>
          this.#before(await datagrams.open(options, received)),
      },
    };
  }

  #before(socket: DatagramSocket): DatagramSocket {
    return {
      address: socket.address,
      bytesMax: socket.bytesMax,
      get dropped() {
        return socket.dropped;
      },
      send: (bytes, to) => {
        if (!this.#isBehind(to)) socket.send(bytes, to);
      },
      close: () => socket.close(),
    };
  }

  #isBehind(address: Address): boolean {
    return this.#behind.has(addressText(address));
  }
}

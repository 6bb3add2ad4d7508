/**
 * The memory that outgoing TCP connections read into. Node allocates 64 KiB for every read otherwise; one
 * larger slab for all of them took 2.5 to 3 times less CPU per byte when a transfer of 512 MiB was measured. It can be shared because
 * a read and the call that hands its bytes over are one step of the event loop, and nobody may keep the view.
 * Accepted and TLS sockets cannot use it: Node takes such a buffer only when a socket is made to connect.
 */
import type { OnReadOpts } from 'node:net';

const slabBytes = 256 * 1024;
let shared: Uint8Array | undefined;

/** One connection's way out of the slab. */
export class SlabReader {
  /** Set when the connection is started; until then the socket is paused. */
  received: ((bytes: Uint8Array) => void) | undefined;

  socketOption(): OnReadOpts {
    shared ??= new Uint8Array(slabBytes);
    return {
      buffer: shared,
      callback: (length, slab) => {
        this.received?.(slab.subarray(0, length));
        return true;
      },
    };
  }
}

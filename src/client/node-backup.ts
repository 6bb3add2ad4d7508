/** A backup as one node gives it out: frame after frame over the connection on which it was begun, and no other. */
import { QuorateError, untilAborted } from '../base/index.ts';
import { decodeBackupBegun, encodeBackupRequest } from '../net/index.ts';
import type { Clock } from '../ports/index.ts';
import type { Link } from './link.ts';

export interface NodeBackupOptions {
  readonly link: Link;
  readonly group: number;
  readonly clock: Clock;
  /** Only for the beginning. */
  readonly signal: AbortSignal;
}

/** A node that owes a frame for so long will not send it. */
const frameMsMax = 30_000;

export class NodeBackup {
  readonly firstFrame: Uint8Array;
  readonly #link: Link;
  readonly #group: number;
  readonly #clock: Clock;
  readonly #number: number;
  #place = 1;

  static async begin({ link, group, clock, signal }: NodeBackupOptions): Promise<NodeBackup> {
    const begun = link.request('backup', group, encodeBackupRequest({ kind: 'begin' })).then((answer) => {
      const { backup, frame } = decodeBackupBegun(answer);
      return new NodeBackup({ link, group, clock }, backup, frame);
    });
    try {
      return await untilAborted(begun, signal);
    } catch (error) {
      // Begun all the same, perhaps: then the node need not wait for its reader.
      if (signal.aborted) begun.then((late) => late.close(), nothing);
      throw error;
    }
  }

  private constructor(
    { link, group, clock }: Omit<NodeBackupOptions, 'signal'>,
    number: number,
    firstFrame: Uint8Array,
  ) {
    this.#link = link;
    this.#group = group;
    this.#clock = clock;
    this.#number = number;
    this.firstFrame = firstFrame;
  }

  /** Asks for the frame behind those that were asked for. */
  async next(): Promise<Uint8Array> {
    const body = encodeBackupRequest({ kind: 'next', backup: this.#number, place: this.#place });
    this.#place += 1;
    const late = Promise.withResolvers<never>();
    const timer = this.#clock.setTimer(frameMsMax, () => late.reject(silent()));
    try {
      return await Promise.race([this.#link.request('backup', this.#group, body), late.promise]);
    } finally {
      timer.cancel();
    }
  }

  /** The node need not keep it any longer. */
  close(): void {
    const body = encodeBackupRequest({ kind: 'end', backup: this.#number });
    // Without a connection there is nothing left to end.
    this.#link.request('backup', this.#group, body).catch(nothing);
  }
}

function nothing(): void {
  // Nobody waits for it.
}

function silent(): QuorateError<'backup-lost'> {
  const reason = `the node sent nothing for ${frameMsMax} ms`;
  return new QuorateError({
    code: 'backup-lost',
    message: `the backup was broken off: ${reason}; begin it again`,
    data: { reason },
  });
}

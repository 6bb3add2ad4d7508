/** One of the servers that vote: a line that lasts, and its answer to one question within a short time. */
import { isQuorateError, type QuorateError } from '../../../base/index.ts';
import type { Clock } from '../../../ports/index.ts';
import { Call } from '../call.ts';
import { Link, type LinkInit } from '../link.ts';
import { foreign } from '../trouble.ts';

/** `absent`: it did not say, so it may have done what it was asked. */
export type Vote = 'yes' | 'no' | 'absent';

export interface Question {
  readonly script: string;
  readonly words: readonly string[];
  /** How long each server may take. */
  readonly milliseconds: number;
  /** Nobody wants the answer any more: what has not been sent is not sent. */
  readonly signal?: AbortSignal;
}

export interface VoterInit extends LinkInit {
  readonly clock: Clock;
}

export class Voter {
  readonly address: string;
  readonly #init: VoterInit;
  readonly #link: Link;

  constructor(init: VoterInit) {
    this.#init = init;
    this.address = init.endpoint.address;
    this.#link = new Link(init);
  }

  /** Connects. What time may mend is told, and goes on being tried; throws what it cannot. */
  async open(milliseconds: number, signal: AbortSignal | undefined): Promise<QuorateError | undefined> {
    using call = new Call({ clock: this.#init.clock, milliseconds, isRead: true, signal });
    try {
      await this.#link.open(call);
      return undefined;
    } catch (error) {
      const told = call.told(error);
      if (!isQuorateError(told) || !(told.retryable || told.code === 'deadline-exceeded')) throw told;
      this.#link.start();
      return told;
    }
  }

  /** Its vote; what kept it from voting is passed to `trouble`. */
  async ask(
    { script, words, milliseconds, signal }: Question,
    trouble: (error: QuorateError) => void,
  ): Promise<Vote> {
    const { clock, patienceMs } = this.#init;
    using call = new Call({ clock, milliseconds, isRead: false, signal });
    try {
      return await this.#link.run(call, async (connection) => {
        const vote = await connection.script(script, words, Math.min(milliseconds, patienceMs));
        if (vote !== 0 && vote !== 1) throw foreign(connection.address, 'a script gave no vote');
        return vote === 1 ? 'yes' : 'no';
      });
    } catch (error) {
      if (signal?.aborted === true) return 'absent';
      if (!isQuorateError(error)) throw error;
      trouble(error);
      return 'absent';
    }
  }

  close(error: QuorateError): Promise<void> {
    return this.#link.close(error);
  }
}

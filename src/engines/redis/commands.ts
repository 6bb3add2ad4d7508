/** The calls of one engine on its connection for commands: each has a deadline, and changes have a slot at the server. */
import { QuorateError } from '../../base/index.ts';
import type { Clock, Random } from '../../ports/index.ts';
import { type CallOptions, deadlineMsOf } from '../port/index.ts';
import { Call } from './call.ts';
import type { Word } from './connection.ts';
import type { Answer, Database } from './database.ts';
import type { Attempt, Link } from './link.ts';
import { randomWord } from './random-word.ts';
import { clientKeptMs, type EngineScript } from './scripts/index.ts';
import { broken } from './trouble.ts';

export interface CommandsInit {
  readonly link: Link;
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly deadlineMs: number;
  readonly patienceMs: number;
}

export interface RunOptions extends CallOptions {
  /** It changes nothing. Default false. */
  readonly isRead?: boolean;
  /**
   * For how long the server may be silent before the connection is given up, which costs all who use it. So it is not
   * what one call has left of its own time, but for those that cannot wait for so long: renewals.
   */
  readonly patienceMs?: number;
}

/** Most calls that may be under way; the next one is refused. */
const callsMax = 10_000;

export class Commands {
  readonly #init: CommandsInit;
  /** How this client is called at the server. */
  readonly name: string;
  /** The last number of each slot, and those slots that no request is in. */
  readonly #slots: number[] = [];
  readonly #free: number[] = [];
  #open = 0;

  constructor(init: CommandsInit) {
    this.#init = init;
    this.name = `c${randomWord(init.random)}`;
  }

  /** A script that may be sent twice without more ado. */
  run<T>(
    script: EngineScript,
    words: readonly Word[],
    options: RunOptions,
    read: (answer: Answer) => T,
  ): Promise<T> {
    const { database } = this.#init;
    return this.#call(options, async (connection, _isAgain, patienceMs) =>
      read(await database.run(connection, script, words, patienceMs)),
    );
  }

  /** One command that is no script, and may be sent twice. */
  plain(words: readonly [string, ...Word[]], options: RunOptions): Promise<unknown> {
    return this.#call(options, (connection, _isAgain, patienceMs) => connection.call(words, patienceMs));
  }

  /** How long a call may take that does not say so. */
  get deadlineMs(): number {
    return this.#init.deadlineMs;
  }

  async transact<T>(words: readonly Word[], options: CallOptions, read: (answer: Answer) => T): Promise<T> {
    const { database, clock } = this.#init;
    const slot = this.#free.pop() ?? this.#slots.push(0) - 1;
    const number = (this.#slots[slot] ?? 0) + 1;
    this.#slots[slot] = number;
    const beganAt = clock.now();
    try {
      return await this.#call(options, async (connection, isAgain, patienceMs) => {
        if (isAgain && clock.now() - beganAt > clientKeptMs / 2) throw forgotten(connection.address);
        const head = [this.name, String(slot), String(number), isAgain ? '1' : '0'];
        return read(await database.run(connection, 'transact', [...head, ...words], patienceMs));
      });
    } finally {
      this.#free.push(slot);
    }
  }

  async #call<T>(
    { deadline, signal, isRead = false, patienceMs = this.#init.patienceMs }: RunOptions,
    attempt: (connection: Parameters<Attempt<T>>[0], isAgain: boolean, patienceMs: number) => Promise<T>,
  ): Promise<T> {
    const { clock, link, deadlineMs } = this.#init;
    const milliseconds = deadlineMsOf(deadline, deadlineMs);
    if (this.#open >= callsMax) throw busy();
    this.#open += 1;
    using call = new Call({ clock, milliseconds, isRead, signal });
    try {
      const patience = Math.min(patienceMs, this.#init.patienceMs);
      return await link.run(call, (connection, isAgain) => attempt(connection, isAgain, patience));
    } finally {
      this.#open -= 1;
    }
  }
}

function busy(): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `${callsMax} calls are under way, which is the most; wait for some of them`,
    data: { queue: 'calls to Redis', limit: callsMax },
  });
}

/** The server may have forgotten what the first try came to, so asking again might do it again. */
function forgotten(address: string): Error {
  return broken(address, new Error('it was away for too long for this request to be sent again'), 'never');
}

/**
 * What this process knows of the database: the marker that tells it from every other, the incarnation of the server
 * that it spoke with last, and the largest revision that it has seen there. With them a server that has lost what it
 * once acknowledged is found out when it is first spoken with again, and not by what is missing.
 */
import { QuorateError } from '../../base/index.ts';
import type { Random } from '../../ports/index.ts';
import type { Connection, Word } from './connection.ts';
import { checkFacts, durabilityNote, parseFacts } from './greeting.ts';
import { randomWord } from './random-word.ts';
import { Reply, textOf } from './reply.ts';
import { type EngineScript, engineScripts } from './scripts/index.ts';
import { foreign, Trouble } from './trouble.ts';

export interface DatabaseInit {
  readonly prefix: string;
  readonly random: Random;
  readonly patienceMs: number;
  /** Called once, when it turns out that data was lost. */
  readonly onLost: (error: QuorateError) => void;
}

export interface Answer {
  readonly status: string;
  readonly revision: number;
  readonly rest: Reply;
}

/** For scripts of which nothing else matters. */
export function statusOf({ status }: Answer): string {
  return status;
}

export class Database {
  readonly #init: DatabaseInit;
  #marker = '';
  #incarnation = '';
  #seen = 0;
  #durability = '';

  constructor(init: DatabaseInit) {
    this.#init = init;
  }

  get marker(): string {
    return this.#marker;
  }

  /** How much of what it acknowledges the server keeps, for people. */
  get durability(): string {
    return this.#durability;
  }

  /** The first words on a connection: finds out whether it is fit, and still what it was. Throws `Trouble`. */
  async greet(connection: Connection): Promise<void> {
    const { patienceMs, random, prefix } = this.#init;
    const { address } = connection;
    const facts = parseFacts(textOf(await connection.call(['INFO'], patienceMs)) ?? '');
    if (facts === undefined) throw foreign(address, 'INFO tells no version');
    checkFacts(facts, address);
    this.#durability = durabilityNote(facts, await syncSetting(connection, patienceMs));
    const known = [
      this.#marker,
      randomWord(random),
      facts.incarnation,
      this.#incarnation,
      String(this.#seen),
    ];
    const words = [prefix, ...known];
    const answer = new Reply(await connection.script(engineScripts.hello, words, patienceMs), address);
    const { rest } = this.#judge(answer, address);
    this.#marker = rest.text();
    this.#incarnation = facts.incarnation;
  }

  /** One script on a greeted connection. Throws `Trouble`. */
  async run(
    connection: Connection,
    script: EngineScript,
    words: readonly Word[],
    patienceMs: number,
  ): Promise<Answer> {
    const known = [this.#init.prefix, this.#marker, ...words];
    const answer = await connection.script(engineScripts[script], known, patienceMs);
    return this.#judge(new Reply(answer, connection.address), connection.address);
  }

  #judge(rest: Reply, address: string): Answer {
    const status = rest.text();
    if (status === 'lost') {
      const error = dataLost(address, this.#seen);
      this.#init.onLost(error);
      throw new Trouble('never', error);
    }
    const revision = rest.number();
    this.#seen = Math.max(this.#seen, revision);
    return { status, revision, rest };
  }
}

/** Not every user may ask for settings. */
async function syncSetting(connection: Connection, patienceMs: number): Promise<string | undefined> {
  try {
    const answer = await connection.call(['CONFIG', 'GET', 'appendfsync'], patienceMs);
    return Array.isArray(answer) ? textOf(answer[1]) : undefined;
  } catch (error) {
    if (error instanceof Trouble && error.course === 'never') return undefined;
    throw error;
  }
}

function dataLost(address: string, seen: number): QuorateError<'engine-data-lost'> {
  const problem = `what it had acknowledged up to revision ${seen} is not all there`;
  return new QuorateError({
    code: 'engine-data-lost',
    message:
      `the Redis at ${address} has lost data: ${problem}, after a restart, a failover or a FLUSHALL; ` +
      'nothing that was held there is held any more: open the engine anew and acquire again',
    data: { engine: 'redis', problem },
  });
}

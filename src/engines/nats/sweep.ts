/**
 * What nobody does for himself: the deletions of items whose session has ended are written down, and deletions that
 * are old are taken out of the stream, so that it does not grow by each lock that was ever held. Every process does
 * it, at random times, for the directories that it has a copy of; each step holds only while nobody was faster.
 *
 * Before old deletions are taken out, the directory is told up to where: a watch that goes on from before cannot
 * know what it has missed, and hears everything that is there.
 */
import { isQuorateError } from '../../base/index.ts';
import type { Clock, Random, Timer } from '../../ports/index.ts';
import { Call } from './call.ts';
import type { Leftover } from './copy.ts';
import type { Directory } from './directory.ts';
import type { Mirror } from './mirror.ts';
import type { Stream } from './stream.ts';
import type { Writer } from './writer.ts';

export interface SweepInit {
  readonly stream: Stream;
  readonly writer: Writer;
  readonly clock: Clock;
  readonly random: Random;
  readonly deadlineMs: number;
  /** Deletions stay for so long, for the watches that go on from a mark. */
  readonly retentionMs: number;
  readonly directories: () => readonly Directory[];
  /** Of the sessions, when they are watched. */
  readonly sessions: () => Mirror | undefined;
}

const roundMs = 1_000;
/** Every so many rounds old deletions are looked for: at least once while a directory that nobody uses is kept. */
const oldEach = 8;
/** At most so many names of a directory are gone through in one round. */
const namesMax = 256;

export class Sweep {
  readonly #init: SweepInit;
  readonly #end = new AbortController();
  #timer: Timer | undefined;
  #round: Promise<void> | undefined;
  #rounds = 0;

  constructor(init: SweepInit) {
    this.#init = init;
    this.#plan();
  }

  async close(): Promise<void> {
    this.#end.abort();
    this.#timer?.cancel();
    await this.#round;
  }

  #plan(): void {
    if (this.#end.signal.aborted) return;
    const { clock } = this.#init;
    const begin = (): void => {
      this.#round = this.#sweep().finally(() => this.#plan());
    };
    this.#timer = clock.setTimer(roundMs * (0.5 + this.#share()), begin, { background: true });
  }

  /** A random share, in [0, 1). */
  #share(): number {
    return this.#init.random.uint32() / 2 ** 32;
  }

  async #sweep(): Promise<void> {
    const { stream, clock, deadlineMs, directories, sessions } = this.#init;
    if (!stream.link.isUp) return;
    using call = new Call({ clock, what: 'sweeping', deadlineMs, signals: [this.#end.signal] });
    this.#rounds += 1;
    try {
      for (const directory of directories()) await this.#writeEnds(directory, call);
      const records = sessions();
      const mirrors = directories().map(({ mirror }) => mirror);
      for (const mirror of records === undefined ? mirrors : [...mirrors, records]) {
        if (this.#rounds % oldEach === 0) await this.#takeOut(mirror, call);
      }
    } catch (error) {
      // Nobody waits for it, and the next round, or another process, does what is left.
      if (!isQuorateError(error) && !this.#end.signal.aborted) throw error;
    }
  }

  /** Half of the processes leave it to the other half. */
  async #writeEnds(directory: Directory, call: Call): Promise<void> {
    const dead = directory.dead();
    if (dead.length === 0 || this.#share() < 0.5) return;
    for (const entry of dead) await this.#init.writer.sweep(directory, entry, call);
  }

  async #takeOut(mirror: Mirror, call: Call): Promise<void> {
    const { retentionMs } = this.#init;
    const before = mirror.takenMs - retentionMs;
    const old = [...mirror.entries].filter(({ gone, takenMs }) => gone !== undefined && takenMs < before);
    old.sort((left, right) => left.sequence - right.sequence);
    const last = old.slice(0, namesMax).at(-1);
    if (last !== undefined) await mirror.raiseFloor(last.sequence, call);
    for (const [name, { deletion, all }] of [...mirror.leftovers].slice(0, namesMax)) {
      await this.#takeOutName(mirror.place.subjectOf(name), { deletion, all }, call);
      mirror.swept(name);
    }
  }

  /** Where the server that we hear is wrong (`witness.ts`), the message of that sequence is somebody else's. */
  async #takeOutName(subject: string, { deletion, all }: Leftover, call: Call): Promise<void> {
    const { stream } = this.#init;
    if (!(await stream.has({ sequence: deletion, subject }, call))) return;
    // The deletion last: what it has deleted, and what came too late for it, must never lie there without it.
    for (const sequence of [...all.filter((one) => one !== deletion), deletion])
      if (await stream.has({ sequence, subject }, call)) await stream.remove(sequence, call);
  }
}

/**
 * The directories that this process has a copy of. One is made when somebody asks for it, and given up a while after
 * the last one who used it, so that a lock that is taken again and again does not load its directory each time.
 */
import type { Clock, Timer } from '../../ports/index.ts';
import type { Directory } from './directory.ts';

export interface DirectoriesInit {
  readonly clock: Clock;
  readonly open: (path: string, onFailure: () => void) => Directory;
  /** Why a directory that nobody uses was closed. */
  readonly idleReason: () => unknown;
}

interface Held {
  readonly directory: Directory;
  users: number;
  timer: Timer | undefined;
}

const idleMs = 15_000;
/** Beyond so many that nobody uses, one is given up at once. */
const idleMax = 256;

export class Directories {
  readonly #init: DirectoriesInit;
  readonly #held = new Map<string, Held>();
  readonly #closing = new Set<Promise<void>>();
  #idle = 0;

  constructor(init: DirectoriesInit) {
    this.#init = init;
  }

  get all(): readonly Directory[] {
    return [...this.#held.values()].map(({ directory }) => directory);
  }

  /** Until the function that it returns is called, the directory stays. */
  use(path: string): { readonly directory: Directory; readonly release: () => void } {
    const held = this.#held.get(path) ?? this.#open(path);
    if (held.users === 0) this.#idle -= 1;
    held.users += 1;
    held.timer?.cancel();
    held.timer = undefined;
    let isReleased = false;
    const release = (): void => {
      if (isReleased) return;
      isReleased = true;
      this.#release(path, held);
    };
    return { directory: held.directory, release };
  }

  async close(reason: unknown): Promise<void> {
    for (const [path, held] of [...this.#held]) this.#drop(path, held, reason);
    await Promise.all(this.#closing);
  }

  #open(path: string): Held {
    const directory = this.#init.open(path, () => this.#forget(path, directory));
    const held: Held = { directory, users: 0, timer: undefined };
    this.#idle += 1;
    this.#held.set(path, held);
    return held;
  }

  #release(path: string, held: Held): void {
    held.users -= 1;
    if (held.users > 0 || this.#held.get(path) !== held) return;
    this.#idle += 1;
    const drop = (): void => this.#drop(path, held, this.#init.idleReason());
    if (this.#idle > idleMax) drop();
    else held.timer = this.#init.clock.setTimer(idleMs, drop, { background: true });
  }

  #drop(path: string, held: Held, reason: unknown): void {
    held.timer?.cancel();
    if (this.#held.get(path) === held) this.#remove(path, held);
    const closing = held.directory.close(reason).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /** One that has failed: the next who asks gets a new one. */
  #forget(path: string, directory: Directory): void {
    const held = this.#held.get(path);
    if (held?.directory === directory) this.#drop(path, held, undefined);
  }

  #remove(path: string, held: Held): void {
    this.#held.delete(path);
    if (held.users === 0) this.#idle -= 1;
  }
}

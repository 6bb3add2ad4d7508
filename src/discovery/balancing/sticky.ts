/**
 * Remembers which instance a key went to, for services that keep something of a session in memory. A key moves when its
 * instance is gone or draining, and at no other time: one that fails for a moment still has the session, so a call
 * that is made elsewhere meanwhile does not take the key along. Bounded; beyond it the key unused for longest is
 * forgotten, and goes where the picker sends it.
 */
import { KeyedStates } from '../../resilience/index.ts';

export interface StickyOptions {
  /** Keys that are remembered; 10,000 unless given. */
  readonly keysMax?: number;
}

interface Session {
  /** By its id, so that an instance that registers anew under it has its sessions back. */
  id: string | undefined;
}

export class StickySessions {
  /** Keys that had to go elsewhere. */
  moved = 0;
  readonly #sessions: KeyedStates<Session>;

  constructor({ keysMax = 10_000 }: StickyOptions) {
    this.#sessions = new KeyedStates<Session>({ keysMax, make: () => ({ id: undefined }) });
  }

  idOf(key: string): string | undefined {
    return this.#sessions.of(key).id;
  }

  remember(key: string, id: string): void {
    const session = this.#sessions.of(key);
    if (session.id !== undefined && session.id !== id) this.moved += 1;
    session.id = id;
  }
}

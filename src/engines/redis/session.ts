/** A session at the server, and its life here. */
import { LivingSession, type LivingSessionInit, sessionOver } from '../port/index.ts';
import type { Commands } from './commands.ts';
import { statusOf } from './database.ts';

export interface RedisSessionInit extends Omit<LivingSessionInit, 'onEnd'> {
  readonly commands: Commands;
  readonly onEnd: (session: RedisSession) => void;
}

export class RedisSession extends LivingSession {
  readonly #init: RedisSessionInit;

  constructor(init: RedisSessionInit) {
    super({ ...init, onEnd: () => init.onEnd(this) });
    this.#init = init;
  }

  /** The connection is lost, or there is one again. */
  linkChanged(state: 'up' | 'down'): void {
    if (state === 'down') this.life.suspend();
    else this.renewal.now();
  }

  protected override async farewell(leftMs: number): Promise<void> {
    if (leftMs <= 0) return;
    const { commands, id } = this.#init;
    const deadline = Math.min(leftMs, commands.deadlineMs);
    await commands.run('endSession', [id], { deadline }, statusOf);
  }

  /** One that is not answered before the next one is due makes us doubt. */
  protected override async renew(signal: AbortSignal): Promise<void> {
    const { commands, id, ttlMs, share } = this.#init;
    const options = { signal, deadline: ttlMs * share, patienceMs: ttlMs * share };
    const status = await commands.run('renewSession', [id, String(ttlMs)], options, statusOf);
    if (status !== 'ok') throw sessionOver(id, 'the server has ended it');
  }
}

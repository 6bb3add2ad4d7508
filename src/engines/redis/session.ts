/** A session at the server, and its life here. */
import type { Timer } from '../../ports/index.ts';
import { LivingSession, type LivingSessionInit, sessionOver } from '../port/index.ts';
import type { Commands } from './commands.ts';
import { statusOf } from './database.ts';

/** A session that has another connection within this share of its time was not suspended: most losses are mended at once. */
const graceShare = 1 / 12;

export interface RedisSessionInit extends Omit<LivingSessionInit, 'onEnd'> {
  readonly commands: Commands;
  readonly onEnd: (session: RedisSession) => void;
}

export class RedisSession extends LivingSession {
  readonly #init: RedisSessionInit;
  #grace: Timer | undefined;

  constructor(init: RedisSessionInit) {
    super({ ...init, onEnd: () => init.onEnd(this) });
    this.#init = init;
    this.over.addEventListener('abort', () => this.#grace?.cancel(), { once: true });
  }

  /** The connection is lost, or there is one again. */
  linkChanged(state: 'up' | 'down'): void {
    this.#grace?.cancel();
    const { clock, ttlMs } = this.#init;
    if (state === 'up') this.renewal.now();
    else this.#grace = clock.setTimer(ttlMs * graceShare, () => this.life.suspend(), { background: true });
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

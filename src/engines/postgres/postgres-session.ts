/** A session: a row that expires by the server's clock, renewed by this process and believed in by its own. */
import { isQuorateError } from '../../base/index.ts';
import { LivingSession, renewalShareDefault, type SessionOptions, sessionOver } from '../port/index.ts';
import type { Server } from './server.ts';

/** A renewal that hangs for longer than this share of the time to live is given up for the next one. */
const patienceShare = 1 / 3;
/** A try is given so much at least, for a server whose disk is busy. */
const tryMsMin = 250;

interface OpenOptions extends SessionOptions {
  readonly id: string;
  readonly onEnd: (session: PostgresSession) => void;
}

export class PostgresSession extends LivingSession {
  readonly #server: Server;

  private constructor(server: Server, sentAt: number, { id, ttlMs, renewalShare, onEnd }: OpenOptions) {
    const share = renewalShare ?? renewalShareDefault;
    super({ clock: server.settings.clock, id, ttlMs, share, sentAt, onEnd: () => onEnd(this) });
    this.#server = server;
  }

  static async open(server: Server, options: OpenOptions): Promise<PostgresSession> {
    const { id } = options;
    const { clock } = server.settings;
    const sentAt = clock.now();
    const ttlMs = Math.ceil(options.ttlMs);
    await server.write(options, { name: 'open_session', lane: 'lives', request: { session: id, ttlMs } });
    return new PostgresSession(server, sentAt, { ...options, ttlMs });
  }

  protected override async farewell(leftMs: number): Promise<void> {
    const deadline = Math.min(leftMs, this.#server.settings.deadlineMs);
    if (deadline <= 0) return;
    const request = { sessions: [this.id], closing: true };
    await this.#server.write({ deadline }, { name: 'bury', lane: 'lives', request });
  }

  /** A connection may be dead without anybody having said so: where one stays silent, another one is asked. */
  protected override async renew(signal: AbortSignal): Promise<void> {
    const patienceMs = this.ttlMs * patienceShare;
    const tryMs = Math.max(patienceMs / 2, Math.min(patienceMs, tryMsMin));
    try {
      await this.#ask(tryMs, signal);
    } catch (error) {
      const leftMs = patienceMs - tryMs;
      if (signal.aborted || leftMs <= 0 || !isQuorateError(error) || !error.retryable) throw error;
      await this.#ask(leftMs, signal);
    }
  }

  async #ask(deadline: number, signal: AbortSignal): Promise<void> {
    const request = { session: this.id };
    const answer = await this.#server.write(
      { deadline, signal },
      { name: 'renew_session', lane: 'lives', request },
    );
    if (answer.outcome === 'session-expired') throw sessionOver(this.id, 'the server has ended it');
  }
}

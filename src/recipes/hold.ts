/**
 * What one has whose turn it is: a lock, a permit, a leadership. It knows by the clock alone whether it is still held,
 * before the server lets anybody else have it; a resource that is asked with its fence knows it for certain, and only
 * a fence helps where the process stands still between the look and the deed.
 */
import { QuorateError, watchfulSignal } from '../base/index.ts';
import type { Fence, SessionState } from '../engines/port/index.ts';
import type { Turn } from './line.ts';
import type { RecipeContext } from './recipe-context.ts';

export interface HoldOptions {
  readonly context: RecipeContext;
  readonly turn: Turn;
  /** Done before the place is left, when the last of its handles is released while it is held. Does not reject. */
  readonly onRelease?: () => Promise<void>;
}

/** Why and whereby it is over. */
interface End {
  readonly why: string;
  readonly cause: unknown;
}

export class Hold implements AsyncDisposable {
  readonly #options: HoldOptions;
  readonly #unsubscribe: () => void;
  /** Made for who reads the signal; most of what is held for a moment only is released before anybody does. */
  #lost: { readonly controller: AbortController; readonly signal: AbortSignal } | undefined;
  /** Absent while it is held. */
  #end: End | undefined;
  #error: QuorateError<'not-held'> | undefined;
  #leaving: Promise<void> | undefined;

  constructor(options: HoldOptions) {
    const { context, turn } = options;
    const { session } = turn.place;
    this.#options = options;
    const hear = (state: SessionState): void => {
      if (state === 'lost') this.#lose('its session is over', session.over.reason);
      else if (state === 'suspended' && context.losesWhenSuspended) this.#lose('the server does not answer');
    };
    this.#unsubscribe = session.subscribe(hear);
    // What became of the session between the turn and this moment was told to nobody.
    hear(session.state);
  }

  /** What one more handle is made of; the place is left when the last of them is released. Throws `not-held`. */
  static share(hold: Hold): HoldOptions {
    hold.assertHeld();
    const { turn, ...rest } = hold.#options;
    return { ...rest, turn: { ...turn, place: turn.place.share() } };
  }

  /** How it is called in errors, such as `lock orders`. */
  get what(): string {
    return this.#options.turn.place.what;
  }

  /** The item by which it is held. */
  get key(): string {
    return this.#options.turn.key;
  }

  /** Larger than that of everybody who held it before. */
  get token(): number {
    return this.#options.turn.token;
  }

  /** Goes with a write that must not come from anybody whose turn is over. */
  get fence(): Fence {
    const { key, token } = this.#options.turn;
    return { key, token };
  }

  /**
   * Aborts with `not-held` when it is over: before the server lets anybody else have it, and when it is released.
   * To read it is to look at the clock, so it tells the truth at once after the process stood still.
   */
  get signal(): AbortSignal {
    if (this.#lost !== undefined) return this.#lost.signal;
    const controller = new AbortController();
    if (this.#end !== undefined) controller.abort(this.#reasonOf(this.#end));
    this.#lost = { controller, signal: watchfulSignal(controller.signal, () => this.#endNow()) };
    return this.#lost.signal;
  }

  get isHeld(): boolean {
    return this.#endNow() === undefined;
  }

  /** For how long it is held at least, if no renewal is answered any more. 0 when it is over. */
  get remainingMs(): number {
    return this.isHeld ? this.#options.turn.place.session.remainingMs : 0;
  }

  /** Throws `not-held` when it is over. */
  assertHeld(): void {
    const end = this.#endNow();
    if (end !== undefined) throw this.#reasonOf(end);
  }

  /**
   * Lets the next one have it. Settles when the server has said so, at the latest when the session is over; may be
   * called twice, and when it is lost already.
   */
  release(): Promise<void> {
    this.#leaving ??= this.#release();
    return this.#leaving;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** The server has said that the place is gone, although it was believed to be there. */
  protected lostUnheard(): unknown {
    return this.#reasonOf(this.#lose('the server has it no more'));
  }

  async #release(): Promise<void> {
    const { turn, onRelease } = this.#options;
    const wasHeld = this.isHeld;
    this.#over('it was released');
    if (wasHeld && turn.place.handles === 1) await onRelease?.();
    await turn.place.leave();
  }

  /** By the clock: whatever ended it, and also when nobody has noticed before. */
  #endNow(): End | undefined {
    const { session } = this.#options.turn.place;
    if (this.#end === undefined && !session.isLive)
      this.#lose('no renewal was answered in time', session.over.reason);
    return this.#end;
  }

  /** The session lives on for others where the server is only silent; so the place is left all the same. */
  #lose(why: string, cause?: unknown): End {
    if (this.#end !== undefined) return this.#end;
    const { context, turn } = this.#options;
    const { place } = turn;
    const end = this.#over(why, cause);
    this.#leaving ??= place.leave();
    const leaving = this.#leaving;
    context.inBackground(`leaving ${place.what}`, () => leaving);
    return end;
  }

  /** The first end stays. */
  #over(why: string, cause?: unknown): End {
    if (this.#end !== undefined) return this.#end;
    const end = { why, cause };
    this.#end = end;
    this.#unsubscribe();
    this.#lost?.controller.abort(this.#reasonOf(end));
    return end;
  }

  /** Made once, and only where somebody asks. */
  #reasonOf({ why, cause }: End): QuorateError<'not-held'> {
    const { key, token, place } = this.#options.turn;
    this.#error ??= new QuorateError({
      code: 'not-held',
      message: `${place.what} is not held any more: ${why}; stop what it guards, and acquire it anew`,
      data: { what: place.what, key, token },
      ...(cause === undefined ? {} : { cause }),
    });
    return this.#error;
  }
}

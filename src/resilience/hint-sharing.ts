/**
 * A breaker among those of other processes: what it tells them, and what it makes of what they tell. While another says
 * that the circuit is open, fewer failures of its own are enough. Where a quorum is set, so many others open it without
 * any; they do once, when they become so many, and not again while they stay: when its own probe has succeeded, it
 * knows better. What it opened for on the word of others it does not pass on, or two would keep each other open.
 */
import { invalidOption } from '../base/index.ts';
import type { Clock } from '../ports/index.ts';
import type { BreakerHints, HintListener, OthersReport } from './breaker-hints.ts';
import type { CircuitChange } from './circuit.ts';
import type { PolicyEvent } from './events.ts';
import { HintBoard } from './hint-board.ts';
import { wholeOf } from './option-checks.ts';

export interface ShareOptions {
  /** While others say that the circuit is open, so many failures of its own are enough. Default 1. */
  readonly failures?: number;
  /** So many others open it without any failure of its own. At least 2. Default: no number does. */
  readonly quorum?: number;
}

export interface SharingOwner {
  readonly name: string;
  readonly clock: Clock;
  readonly tell: (event: () => PolicyEvent) => void;
  /** A quorum says that a circuit is open. */
  readonly open: (key: string | undefined) => void;
}

export class HintSharing implements HintListener {
  readonly #owner: SharingOwner;
  readonly #hints: BreakerHints;
  readonly #failures: number;
  readonly #board: HintBoard;
  #unwatch: (() => void) | undefined;
  #isOver = false;
  #isLost = false;
  /** Circuits of which others have heard that they are not closed. */
  readonly #told = new Set<string | undefined>();

  constructor(owner: SharingOwner, hints: BreakerHints, { failures = 1, quorum }: ShareOptions) {
    this.#owner = owner;
    this.#hints = hints;
    this.#failures = wholeOf('failures', failures, 1);
    if (quorum !== undefined && !(Number.isSafeInteger(quorum) && quorum >= 2)) {
      throw invalidOption(
        'quorum',
        quorum,
        'a whole number of at least 2: one other alone may be what is wrong',
      );
    }
    this.#board = new HintBoard(quorum ?? Number.POSITIVE_INFINITY);
  }

  begin(): void {
    this.#unwatch = this.#hints.watch(this.#owner.name, this);
  }

  /** Takes back what it has told. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#unwatch?.();
    for (const key of this.#told) this.forget(key);
  }

  /** So many failures of its own are enough at present; undefined: its rule decides. */
  enough(key: string | undefined, nowMs: number): number | undefined {
    return this.#board.isOpen(key, nowMs) ? this.#failures : undefined;
  }

  tellOthers(key: string | undefined, change: CircuitChange): void {
    const { name } = this.#owner;
    if (change.to === 'open' && change.cause !== 'quorum') {
      this.#told.add(key);
      this.#hints.report(name, { key, state: 'open', forMs: change.forMs });
    } else if (change.to === 'half-open') {
      if (this.#told.has(key)) this.#hints.report(name, { key, state: 'half-open', forMs: 0 });
    } else {
      this.forget(key);
    }
  }

  /** Takes back what it has told of a circuit. */
  forget(key: string | undefined): void {
    if (this.#told.delete(key)) this.#hints.report(this.#owner.name, { key, state: 'closed', forMs: 0 });
  }

  reports(key: string | undefined, reports: readonly OthersReport[]): void {
    if (!this.#isOver && this.#board.update(key, reports, this.#owner.clock.now())) this.#owner.open(key);
  }

  found(): void {
    if (this.#isOver || !this.#isLost) return;
    this.#isLost = false;
    this.#board.find();
    const { name, tell } = this.#owner;
    tell(() => ({ type: 'hints-found', kind: 'breaker', policy: name }));
  }

  /** It goes by its own evidence until there are reports again: what others said before may be over by now. */
  lost(reason: unknown): void {
    if (this.#isOver || this.#isLost) return;
    const { name, clock, tell } = this.#owner;
    this.#isLost = true;
    this.#board.lose(clock.now());
    tell(() => ({ type: 'hints-lost', kind: 'breaker', policy: name, reason }));
  }
}

/** Where a breaker keeps what it shares by: one at a time. */
export class HintSeat {
  #sharing: HintSharing | undefined;

  get sharing(): HintSharing | undefined {
    return this.#sharing;
  }

  /** Takes the place of the one before, until the returned function is called. Throws where it cannot begin, and changes nothing. */
  take(sharing: HintSharing): () => void {
    sharing.begin();
    this.#sharing?.stop();
    this.#sharing = sharing;
    return () => {
      sharing.stop();
      if (this.#sharing === sharing) this.#sharing = undefined;
    };
  }
}

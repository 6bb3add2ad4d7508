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
  /** A quorum says that it is open. */
  readonly open: () => void;
}

export class HintSharing implements HintListener {
  readonly #owner: SharingOwner;
  readonly #hints: BreakerHints;
  readonly #failures: number;
  readonly #quorum: number;
  readonly #board = new HintBoard();
  #unwatch: (() => void) | undefined;
  #isOver = false;
  #isLost = false;
  #isQuorum = false;
  /** Others have heard that it is not closed. */
  #hasTold = false;

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
    this.#quorum = quorum ?? Number.POSITIVE_INFINITY;
  }

  begin(): void {
    this.#unwatch = this.#hints.watch(this.#owner.name, this);
  }

  /** Takes back what it has told. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#unwatch?.();
    this.#takeBack();
  }

  /** So many failures of its own are enough at present; undefined: its rule decides. */
  enough(nowMs: number): number | undefined {
    return this.#board.reporters(nowMs) > 0 ? this.#failures : undefined;
  }

  tellOthers(change: CircuitChange): void {
    const { name } = this.#owner;
    if (change.to === 'open' && change.cause !== 'quorum') {
      this.#hasTold = true;
      this.#hints.report(name, { state: 'open', forMs: change.forMs });
    } else if (change.to === 'half-open') {
      if (this.#hasTold) this.#hints.report(name, { state: 'half-open', forMs: 0 });
    } else {
      this.#takeBack();
    }
  }

  reports(reports: readonly OthersReport[]): void {
    if (this.#isOver) return;
    const { name, clock, tell } = this.#owner;
    if (this.#isLost) {
      this.#isLost = false;
      tell(() => ({ type: 'hints-found', kind: 'breaker', policy: name }));
    }
    const nowMs = clock.now();
    this.#board.update(reports, nowMs);
    const isQuorum = this.#board.reporters(nowMs) >= this.#quorum;
    const isNew = isQuorum && !this.#isQuorum;
    this.#isQuorum = isQuorum;
    if (isNew) this.#owner.open();
  }

  /** It goes by its own evidence until there are reports again: what others said before may be over by now. */
  lost(reason: unknown): void {
    if (this.#isOver || this.#isLost) return;
    this.#isLost = true;
    this.#board.clear();
    const { name, tell } = this.#owner;
    tell(() => ({ type: 'hints-lost', kind: 'breaker', policy: name, reason }));
  }

  #takeBack(): void {
    if (!this.#hasTold) return;
    this.#hasTold = false;
    this.#hints.report(this.#owner.name, { state: 'closed', forMs: 0 });
  }
}

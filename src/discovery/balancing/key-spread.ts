/**
 * Which placement keys go by while the set of instances changes. A ring takes over what stays, and scores are no work,
 * so theirs is always that of the present set. A Maglev table has to be filled anew, 40 ms for 1,000 instances. Tables
 * of the size that the number of instances asks for, more of them than there are, would still take a tenth of that at
 * a time and move nearly all keys whenever the size changes. So the former table goes on to be used, by whoever passes
 * over those that are gone, and each pick fills a bit of the next one. A build that has begun is finished even where the
 * set has changed again, since a set that never rests would never have a table otherwise; then the next one begins. All
 * who see the same set have the same table in the end, whatever they have seen before.
 */
import type { MaglevBuild, Placement } from '../../placement/index.ts';
import type { Slot } from './slot.ts';

export interface KeySpread {
  /** Keys are to be spread over `slots`, of which there is one at least. */
  update(slots: readonly Slot[]): void;
  /** The one to go by, which may be that of a former set. */
  at(nowMs: number): Placement;
  /** That of the present set, whatever it costs. */
  present(): Placement;
}

/** Made when the first key asks for it. */
export class PresentSpread<P extends Placement> implements KeySpread {
  readonly #make: (slots: readonly Slot[], former: P | undefined) => P;
  #slots: readonly Slot[] = [];
  #placement: P | undefined;
  #isStale = true;

  constructor(make: (slots: readonly Slot[], former: P | undefined) => P) {
    this.#make = make;
  }

  update(slots: readonly Slot[]): void {
    this.#slots = slots;
    this.#isStale = true;
  }

  at(): P {
    return this.present();
  }

  present(): P {
    if (this.#placement !== undefined && !this.#isStale) return this.#placement;
    this.#placement = this.#make(this.#slots, this.#placement);
    // Behind it: where there are too many to be placed, everybody who asks is told so.
    this.#isStale = false;
    return this.#placement;
  }
}

/** What a pick does at least and at most, in looks at slots: 0.1 ms and 3 ms. */
const looksMin = 16_384;
const looksMax = 500_000;
/** Who picks seldom does more at a time, so that a table is there after a second or so. */
const looksPerMs = 10_000;

export class GradualSpread implements KeySpread {
  readonly #begin: (slots: readonly Slot[]) => MaglevBuild;
  #slots: readonly Slot[] = [];
  /** Nobody has begun a build for `#slots`. */
  #isStale = true;
  #build: MaglevBuild | undefined;
  #builtAtMs = 0;
  #placement: Placement | undefined;

  constructor(begin: (slots: readonly Slot[]) => MaglevBuild) {
    this.#begin = begin;
  }

  update(slots: readonly Slot[]): void {
    this.#slots = slots;
    this.#isStale = true;
  }

  at(nowMs: number): Placement {
    if (this.#placement === undefined) return this.present();
    if (this.#build !== undefined) this.#advance(nowMs);
    else if (this.#isStale) this.#start(nowMs);
    return this.#placement;
  }

  present(): Placement {
    if (this.#isStale) this.#start(0);
    if (this.#build !== undefined) this.#placement = this.#build.advance(Number.POSITIVE_INFINITY);
    this.#build = undefined;
    return this.#placement as Placement;
  }

  #start(nowMs: number): void {
    this.#build = this.#begin(this.#slots);
    this.#isStale = false;
    this.#builtAtMs = nowMs;
  }

  #advance(nowMs: number): void {
    const due = looksPerMs * (nowMs - this.#builtAtMs);
    this.#builtAtMs = nowMs;
    const placement = this.#build?.advance(Math.min(looksMax, Math.max(looksMin, due)));
    if (placement === undefined) return;
    this.#placement = placement;
    this.#build = undefined;
  }
}

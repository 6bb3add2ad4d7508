/** No two processes believe at one moment of true time that they hold one lock. */
import { InvariantBroken } from '../invariants/index.ts';

interface Believed {
  readonly by: string;
  readonly hold: { readonly token: number; readonly isHeld: boolean };
}

export class HoldJudge {
  readonly #believed = new Map<string, Believed>();
  readonly #broken: (error: InvariantBroken) => void;

  constructor(broken: (error: InvariantBroken) => void) {
    this.#broken = broken;
  }

  /** A process was told that it is its turn. */
  granted(lock: string, by: string, hold: Believed['hold']): void {
    const before = this.#believed.get(lock);
    if (before !== undefined && before.hold !== hold && hold.isHeld && before.hold.isHeld)
      this.#broken(
        new InvariantBroken(
          `${by} holds lock ${lock} with token ${hold.token}, and ${before.by} believes to hold it with ${before.hold.token}`,
        ),
      );
    if (before === undefined || before.hold.token < hold.token) this.#believed.set(lock, { by, hold });
  }
}

/**
 * Runs a step again and again, and every microtask between two of them: what the simulator needs so that
 * virtual time never passes while a promise has something left to do.
 *
 * One `setImmediate` per step would spend most of its microsecond asking the operating system for input. Node
 * runs all microtasks between two immediates of one turn, so a batch of them shares that price.
 */

/** More steps a turn cost less each, and let signals and other work of this process wait longer. */
const batchSteps = 256;

/** Calls `step` until it answers false. Rejects with what it throws. */
export function runTurns(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let over = false;
    const turn = (): void => {
      if (over) return;
      try {
        if (step()) return;
        over = true;
        resolve();
      } catch (error) {
        over = true;
        reject(error);
      }
    };
    const batch = (): void => {
      for (let count = 0; count < batchSteps; count += 1) setImmediate(turn);
      setImmediate(() => {
        if (!over) batch();
      });
    };
    batch();
  });
}

/**
 * A policy's source of chance, made when it is first needed: policies are made while modules load, and runtimes at the
 * edge give no randomness then.
 */
import { invalidOption, Prng } from '../base/index.ts';
import { webRandom } from '../ports/web/index.ts';

export class LateGenerator {
  readonly #seed: number | undefined;
  #generator: Prng | undefined;

  /** `seed`, the option of a policy, makes its chance repeatable; without one each process has its own. */
  constructor(seed: number | undefined) {
    if (seed !== undefined && !Number.isSafeInteger(seed))
      throw invalidOption('seed', seed, 'a safe integer');
    this.#seed = seed;
  }

  get generator(): Prng {
    this.#generator ??= new Prng(this.#seed ?? webRandom().uint32());
    return this.#generator;
  }
}

/** Several programs on one store in memory, each with an engine and a coordination of its own. */

import type { Capability, Engine, Item } from '../../src/engines/port/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import { connect, type Store } from '../../src/index.ts';
import { type Coordination, type CoordinationOptions, coordinate } from '../../src/recipes/index.ts';
import { turn } from '../net/manual-clock.ts';
import { FaultyEngine } from './faulty-engine.ts';

export interface Program {
  readonly engine: FaultyEngine;
  readonly coordination: Coordination<Capability>;
}

export class Town implements AsyncDisposable {
  readonly #store: Store;
  readonly #plain: Engine<Capability>;
  readonly #programs: Program[] = [];

  private constructor(store: Store, plain: Engine<Capability>) {
    this.#store = store;
    this.#plain = plain;
  }

  static async open(): Promise<Town> {
    const store = await connect('memory:');
    return new Town(store, await openQuorate(store));
  }

  /** What any program sees that has no faults. */
  get engine(): Engine<Capability> {
    return this.#plain;
  }

  async program(options: CoordinationOptions = {}): Promise<Program> {
    const engine = new FaultyEngine(await openQuorate(this.#store));
    const program = { engine, coordination: coordinate<Capability>(engine, options) };
    this.#programs.push(program);
    return program;
  }

  async items(directory: string): Promise<readonly Item[]> {
    return (await this.#plain.list(directory)).items;
  }

  /** Waits until so many items are there; the test runner ends a wait that has no end. */
  async untilItems(directory: string, count: number): Promise<readonly Item[]> {
    while (true) {
      const items = await this.items(directory);
      if (items.length === count) return items;
      await turn();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { coordination, engine } of this.#programs) {
      await coordination.close();
      await engine.close();
    }
    await this.#plain.close();
    await this.#store.close();
  }
}

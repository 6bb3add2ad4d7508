/**
 * Ground for stories about recipes: a store in memory with its engine, and as many contexts on it as there are
 * programs in the story. `between` lets a story step into the middle of a recipe: it runs before a transaction goes
 * to the engine, or behind one whose answer then never arrives.
 */
import { QuorateError } from '../../src/base/index.ts';
import { connect, type Store } from '../../src/client/index.ts';
import type { Capability, Engine, TransactAnswer, TransactRequest } from '../../src/engines/port/index.ts';
import { openQuorate } from '../../src/engines/quorate/index.ts';
import type { Clock } from '../../src/ports/index.ts';
import { PresentItems } from '../../src/recipes/present-items.ts';
import { RecipeContext } from '../../src/recipes/recipe-context.ts';

interface Interference {
  readonly before?: (request: TransactRequest) => Promise<void>;
  /** True: the answer is lost, and the caller hears that the outcome is unknown. */
  readonly losesAnswer?: (request: TransactRequest) => boolean;
}

export interface ProgramOptions extends Interference {
  /** Default: the ground's own. */
  readonly engine?: Engine;
  /** Of its sessions. Default 10 s. */
  readonly ttlMs?: number;
}

export class MemoryGround implements AsyncDisposable {
  readonly store: Store;
  readonly engine: Engine<Capability>;
  readonly #contexts: RecipeContext[] = [];

  private constructor(store: Store, engine: Engine<Capability>) {
    this.store = store;
    this.engine = engine;
  }

  static async open(): Promise<MemoryGround> {
    const store = await connect('memory:');
    return new MemoryGround(store, await openQuorate(store, { ownsStore: true }));
  }

  /** Another program. */
  program({ engine = this.engine, ttlMs = 10_000, ...interference }: ProgramOptions = {}): RecipeContext {
    const context = new RecipeContext({
      engine: interfered(engine, interference),
      prefix: '',
      ttlMs,
      idleMs: 60_000,
      holder: `program ${this.#contexts.length + 1}`,
      onSuspended: 'lose',
    });
    this.#contexts.push(context);
    return context;
  }

  /** Waits until there are so many items in a directory. */
  async untilItems(directory: string, count: number): Promise<void> {
    const present = new PresentItems();
    for await (const batch of this.engine.watch({ directory })) {
      present.apply(batch);
      if (present.items.size === count) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const context of this.#contexts) await context.close();
    await this.engine.close();
  }
}

/** The same engine for all but transactions. */
function interfered(engine: Engine, interference: Interference): Engine {
  const transact = async (request: TransactRequest): Promise<TransactAnswer> => {
    await interference.before?.(request);
    const answer = await engine.transact(request);
    if (interference.losesAnswer?.(request) !== true) return answer;
    throw new QuorateError({
      code: 'engine-unreachable',
      message: 'the connection was lost before the answer came',
      data: { engine: engine.kind, address: 'story' },
      outcome: 'unknown',
    });
  };
  return new Proxy(engine, {
    get: (target, name) => (name === 'transact' ? transact : bound(target, name)),
  });
}

/** The same engine, by a clock that says something else of the time. */
export function byClock(engine: Engine, told: Partial<Pick<Clock, 'now' | 'wall'>>): Engine {
  const clock = new Proxy(engine.clock, {
    get: (target, name) => Reflect.get(told, name) ?? bound(target, name),
  });
  return new Proxy(engine, { get: (target, name) => (name === 'clock' ? clock : bound(target, name)) });
}

/** An engine that lacks what it is told to lack. */
export function lacking(engine: Engine<Capability>, ...missing: readonly Capability[]): Engine {
  const provides = Object.fromEntries(
    Object.entries(engine.provides).filter(([capability]) => !missing.includes(capability as Capability)),
  );
  return new Proxy(engine, { get: (target, name) => (name === 'provides' ? provides : bound(target, name)) });
}

/** Private fields are those of the target, so its methods are called on it. */
function bound(target: object, name: PropertyKey): unknown {
  const member: unknown = Reflect.get(target, name, target);
  return typeof member === 'function' ? member.bind(target) : member;
}

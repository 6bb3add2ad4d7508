/**
 * What a story of the conformance suite is, and the few words it is told in. Stories know no test framework: whoever
 * runs them opens engines and hears an error when a promise of the port is broken.
 */
import type { Capability, Engine, Item, Watch, WatchBatch, WatchEvent } from '../port/index.ts';

/** What the server under an engine can be made to do; absent where nothing can be done to it. */
export interface Faults {
  /** Stops the server, or all members of it, and starts it again with the same data. */
  restart(): Promise<void>;
  /** Stands it still; what it returns lets it go on. */
  pause(): Promise<() => Promise<void>>;
}

export interface Stage {
  /** A directory that no other story uses. */
  readonly directory: string;
  /** One more client of the same server; closed when the story is over. */
  open(): Promise<AnyEngine>;
  readonly faults: Faults | undefined;
}

/** Which capabilities it has is asked at run time. */
export type AnyEngine = Engine<Capability>;

export interface Story {
  readonly name: string;
  readonly needs: readonly (Capability | 'faults')[];
  readonly run: (stage: Stage) => Promise<void>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function textOf(item: Item | undefined): string | undefined {
  return item === undefined ? undefined : decoder.decode(item.value);
}

export function check(holds: boolean, broken: string): asserts holds {
  if (!holds) throw new Error(`a promise is broken: ${broken}`);
}

export function same(found: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(expected)];
  check(left === right, `${what} is ${left} and should be ${right}`);
}

/** The code with which `doing` rejects; a promise that resolves breaks the story. */
export async function refusal(doing: Promise<unknown>, what: string): Promise<string> {
  try {
    await doing;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
  throw new Error(`a promise is broken: ${what} was not refused`);
}

/** A random id, as an append takes it. */
export function idFrom(engine: AnyEngine): string {
  const part = (): string => engine.random.uint32().toString(36).padStart(7, '0');
  return part() + part();
}

export async function put(engine: AnyEngine, key: string, value: string): Promise<Item> {
  const answer = await engine.transact({ operations: [{ kind: 'put', key, value: bytes(value) }] });
  check(answer.succeeded, `a put of ${key} without conditions succeeds`);
  const item = await engine.get(key);
  check(item !== undefined, `${key} is there behind its put`);
  return item;
}

/** Reads from a watch what it tells, and waits for what a story expects. */
export class Listener {
  readonly #watch: Watch;
  /** What is there as far as it was told. */
  readonly items: Map<string, Item> = new Map();
  readonly events: WatchEvent[] = [];
  presents = 0;
  mark: string | undefined;

  constructor(watch: Watch) {
    this.#watch = watch;
  }

  async step(): Promise<WatchBatch> {
    const { done, value } = await this.#watch.next();
    check(done !== true, 'a watch that nobody ended goes on');
    this.mark = value.mark;
    if (value.kind === 'present') {
      this.presents += 1;
      this.items.clear();
      for (const item of value.items) this.items.set(item.key, item);
      return value;
    }
    for (const event of value.events) {
      this.events.push(event);
      if (event.kind === 'put') this.items.set(event.key, event.item);
      else this.items.delete(event.key);
    }
    return value;
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.step();
  }
}

/** Looks again and again, in short pauses, as long as whoever runs the story has patience. */
export async function eventually(engine: AnyEngine, holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await pause(engine, 10);
}

export function pause(engine: AnyEngine, forMs: number): Promise<void> {
  return new Promise((resolve) => {
    engine.clock.setTimer(forMs, resolve);
  });
}

/**
 * Up to which millisecond the ids of one worker's number may have been given out. It only moves forward, and only by
 * whoever has seen it last: whoever reads it afterwards begins behind it, so no millisecond is used by two.
 */
import { QuorateError } from '../base/index.ts';
import type { CallOptions, Condition, Engine, Item } from '../engines/port/index.ts';

/** What is reserved at once: how far ids may be ahead of the clock behind a crash. */
const reservedMs = 5_000;
const text = new TextDecoder();
const utf8 = new TextEncoder();

export class WorkerMark {
  readonly #engine: Engine;
  readonly #key: string;
  /** The first millisecond that is ours: where the mark stood when it was read. */
  readonly fromMs: number;
  #untilMs: number;
  #modified: number | undefined;

  private constructor(engine: Engine, key: string, item: Item | undefined) {
    this.#engine = engine;
    this.#key = key;
    this.fromMs = item === undefined ? 0 : millisecondsOf(item);
    this.#untilMs = this.fromMs;
    this.#modified = item?.modified;
  }

  static async read(engine: Engine, key: string, call: CallOptions): Promise<WorkerMark> {
    return new WorkerMark(engine, key, await engine.get(key, call));
  }

  /** By worker's number. */
  static async all(engine: Engine, directory: string, call: CallOptions): Promise<Map<number, number>> {
    const { items } = await engine.list(directory, call);
    return new Map(
      items.map((item) => [Number(item.key.slice(directory.length + 1)), millisecondsOf(item)] as const),
    );
  }

  covers(timeMs: number): boolean {
    return timeMs >= this.fromMs && timeMs < this.#untilMs;
  }

  /** Makes it cover `timeMs` and some time behind it. False: somebody else has moved it. */
  async reserve(timeMs: number, call: CallOptions): Promise<boolean> {
    const [key, modified] = [this.#key, this.#modified];
    const untilMs = Math.max(timeMs, this.#untilMs) + reservedMs;
    const when: Condition =
      modified === undefined ? { key, is: 'absent' } : { key, is: 'unchanged', modified };
    const put = { kind: 'put', key, value: utf8.encode(String(untilMs)) } as const;
    const answer = await this.#engine.transact({ when: [when], operations: [put], ...call });
    const result = answer.succeeded ? answer.results[0] : undefined;
    if (result?.kind !== 'put') return false;
    this.#untilMs = untilMs;
    this.#modified = result.modified;
    return true;
  }
}

function millisecondsOf({ key, value }: Item): number {
  const found = text.decode(value);
  if (/^\d{1,15}$/.test(found)) return Number(found);
  throw new QuorateError({
    code: 'value-invalid',
    message: `${key} holds ${JSON.stringify(found.slice(0, 40))}, which is no time; use another name`,
    data: { key, issues: [{ message: 'no whole number of milliseconds', path: '' }] },
  });
}

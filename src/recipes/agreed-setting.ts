/**
 * A number that all users of an object must have the same of, such as how many a latch counts. The first one writes
 * it down; whoever asks for another is refused, since two who disagree would wait for different things.
 */
import { QuorateError } from '../base/index.ts';
import type { CallOptions } from '../engines/port/index.ts';
import { Budget } from './budget.ts';
import type { RecipeContext } from './recipe-context.ts';

const text = new TextDecoder();
const utf8 = new TextEncoder();

export class AgreedSetting {
  readonly #context: RecipeContext;
  readonly #key: string;
  readonly #what: string;
  readonly #asked: string;
  #isAgreed = false;

  /** `what` is for the error: `latch start`. */
  constructor(context: RecipeContext, key: string, what: string, asked: string) {
    this.#context = context;
    this.#key = key;
    this.#what = what;
    this.#asked = asked;
  }

  /** Rejects with `settings-differ` where others have another one. Asks once; what is agreed stays. */
  async check(options: CallOptions = {}): Promise<void> {
    if (this.#isAgreed) return;
    const { engine } = this.#context;
    const budget = new Budget(engine.clock, options, `agreeing on the settings of ${this.#what}`);
    let item = await engine.get(this.#key, budget.next());
    while (item === undefined) {
      const put = { kind: 'put', key: this.#key, value: utf8.encode(this.#asked) } as const;
      const when = [{ key: this.#key, is: 'absent' }] as const;
      const answer = await engine.transact({ when, operations: [put], ...budget.next() });
      if (answer.succeeded) break;
      item = await engine.get(this.#key, budget.next());
    }
    const found = item === undefined ? this.#asked : text.decode(item.value);
    if (found !== this.#asked) throw settingsDiffer({ what: this.#what, asked: this.#asked, found });
    this.#isAgreed = true;
  }
  /** It is not agreed any more: the next one who asks writes down his own. */
  async remove(options: CallOptions = {}): Promise<void> {
    this.#isAgreed = false;
    const operations = [{ kind: 'delete', key: this.#key }] as const;
    await this.#context.engine.transact({ operations, ...options });
  }
}

/** For who comes to an object with other settings than those who use it. */
export function settingsDiffer(
  data: { readonly what: string; readonly asked: string; readonly found: string },
  remedy = 'take another name',
): QuorateError<'settings-differ'> {
  const { what, asked, found } = data;
  return new QuorateError({
    code: 'settings-differ',
    message: `${what} exists with ${found.slice(0, 100)}, and ${asked} was asked for; ask for the same everywhere, or ${remedy}`,
    data,
  });
}

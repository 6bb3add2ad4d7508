/**
 * One value decided among all who propose one: the first that the engine takes, the same for all, for ever.
 *
 * It is put where there is none, and then read; nothing ever changes or deletes it, nor does any collection of idle
 * objects: a decision that could be forgotten would be made anew, and differently. So decide few things, and give
 * each decision a key that is never used again. Proposing again does no harm, so a proposal whose outcome is unknown
 * is simply made again until the deadline.
 */
import type { CallOptions } from '../engines/port/index.ts';
import { Budget } from './budget.ts';
import { inDoubt, leavesDoubt } from './doubt.ts';
import { JsonCodec } from './json-codec.ts';
import type { RecipeContext } from './recipe-context.ts';
import type { ValueOptions } from './shared-value.ts';

export type AgreementOptions<T> = CallOptions & ValueOptions<T>;

/** What is decided for `key`: `value`, or what somebody else proposed before. */
export async function agree<T>(
  context: RecipeContext,
  key: string,
  value: T,
  { schema, ...call }: AgreementOptions<T> = {},
): Promise<T> {
  const path = context.pathOf('agreements', key);
  const codec = new JsonCodec(schema);
  const bytes = await codec.encode(value, path);
  const budget = new Budget(context.engine.clock, call, `agreeing on ${path}`);
  return await codec.decode(await propose(context, path, bytes, budget), path);
}

/** What is decided, as it lies there. */
async function propose(
  { engine }: RecipeContext,
  path: string,
  value: Uint8Array,
  budget: Budget,
): Promise<Uint8Array> {
  let isUnsure = false;
  while (true) {
    try {
      const answer = await engine.transact({
        when: [{ key: path, is: 'absent' }],
        operations: [{ kind: 'put', key: path, value }],
        ...budget.next(),
      });
      if (answer.succeeded) return value;
    } catch (error) {
      if (!leavesDoubt(error)) throw isUnsure ? inDoubt(error) : error;
      isUnsure = true;
    }
    try {
      const item = await engine.get(path, budget.next());
      if (item !== undefined) return item.value;
    } catch (error) {
      throw isUnsure ? inDoubt(error) : error;
    }
  }
}

/** What was decided, without a proposal; `undefined` where nothing is decided yet. */
export async function decided<T>(
  context: RecipeContext,
  key: string,
  { schema, ...call }: AgreementOptions<T> = {},
): Promise<T | undefined> {
  const path = context.pathOf('agreements', key);
  const item = await context.engine.get(path, call);
  return item === undefined ? undefined : await new JsonCodec(schema).decode(item.value, path);
}

/**
 * Policies around what is there already: a function, or an object with methods. What they are called with stays as it
 * is; what is added is who is asked first. Only the methods that are named are guarded: nothing at run time tells one
 * that answers later from one that answers at once, and a guess would make promises of values.
 */
import { invalidOption } from '../base/index.ts';
import type { CallContext } from './call.ts';
import type { ExecuteOptions } from './execution.ts';
import type { Policy } from './policy.ts';
import type { PolicyKind } from './policy-kind.ts';

type Executor<Alternative> = Policy<PolicyKind, Alternative>;

/** The same for all calls, or by what a call is made with. */
export type WrapOptions<Arguments extends readonly unknown[]> =
  | ExecuteOptions
  | ((...words: Arguments) => ExecuteOptions);

/** `task` is given the call first, and then what the function that is returned was called with. */
export function wrap<Arguments extends readonly unknown[], Result, Alternative = never>(
  policy: Executor<Alternative>,
  task: (call: CallContext, ...words: Arguments) => Result | PromiseLike<Result>,
  options?: WrapOptions<Arguments>,
): (...words: Arguments) => Promise<Result | Alternative> {
  const optionsOf = typeof options === 'function' ? options : () => options;
  return async (...words) => policy.execute((call) => task(call, ...words), optionsOf(...words));
}

/** Of those methods of an object that answer with a promise, how each is called; the others stay as they are. */
export type MethodOptions<Client> = {
  readonly [Name in keyof Client as Client[Name] extends Answering ? Name : never]?: Client[Name] extends (
    ...words: infer Arguments
  ) => unknown
    ? WrapOptions<Arguments> | true
    : never;
};

type Answering = (...words: never[]) => PromiseLike<unknown>;

export type Guarded<Client, Names extends PropertyKey, Alternative> = {
  [Name in keyof Client]: Name extends Names
    ? Client[Name] extends (...words: infer Arguments) => PromiseLike<infer Result>
      ? (...words: Arguments) => Promise<Result | Alternative>
      : never
    : Client[Name];
};

/**
 * The same object with its methods in `methods` guarded: `{ find: { idempotent: true }, insert: true }`. The client
 * itself is not changed, and each method is called on it, so its private fields go on to work.
 */
export function wrapClient<Client extends object, Methods extends MethodOptions<Client>, Alternative = never>(
  policy: Executor<Alternative>,
  client: Client,
  methods: Methods & { readonly [Name in Exclude<keyof Methods, keyof MethodOptions<Client>>]: never },
): Guarded<Client, keyof Methods, Alternative> {
  const guarded = new Map<PropertyKey, unknown>();
  for (const name of Reflect.ownKeys(methods)) {
    const method: unknown = Reflect.get(client, name);
    if (typeof method !== 'function')
      throw invalidOption(`methods.${String(name)}`, method, 'a method of the client');
    const options = Reflect.get(methods, name) as WrapOptions<readonly unknown[]> | true;
    const call = (_: CallContext, ...words: readonly unknown[]): unknown =>
      Reflect.apply(method, client, words);
    guarded.set(name, wrap(policy, call, options === true ? undefined : options));
  }
  return new Proxy(client, {
    get: (target, name) => {
      const own = guarded.get(name);
      if (own !== undefined) return own;
      const found: unknown = Reflect.get(target, name);
      return typeof found === 'function' ? found.bind(target) : found;
    },
  }) as Guarded<Client, keyof Methods, Alternative>;
}

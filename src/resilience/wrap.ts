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
type Method = (...words: unknown[]) => unknown;

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
  return new Proxy(Object.create(client) as object, new GuardedClient(client, guarded)) as Guarded<
    Client,
    keyof Methods,
    Alternative
  >;
}

/**
 * Shows a client with some of its methods exchanged. The proxy stands around an empty object behind which the client
 * is, because one around a frozen client itself could show nothing but what is there.
 */
class GuardedClient implements ProxyHandler<object> {
  readonly #client: object;
  readonly #guarded: ReadonlyMap<PropertyKey, unknown>;
  /** Methods that are not guarded, by what they are on the client: always the same ones, as there. */
  readonly #own = new WeakMap<object, unknown>();

  constructor(client: object, guarded: ReadonlyMap<PropertyKey, unknown>) {
    this.#client = client;
    this.#guarded = guarded;
  }

  get(_: object, name: PropertyKey): unknown {
    const guarded = this.#guarded.get(name);
    if (guarded !== undefined) return guarded;
    const found: unknown = Reflect.get(this.#client, name);
    return typeof found === 'function' ? this.#onClient(found as Method) : found;
  }

  set(_: object, name: PropertyKey, value: unknown): boolean {
    return Reflect.set(this.#client, name, value);
  }

  deleteProperty(_: object, name: PropertyKey): boolean {
    return Reflect.deleteProperty(this.#client, name);
  }

  ownKeys(): (string | symbol)[] {
    return Reflect.ownKeys(this.#client);
  }

  getOwnPropertyDescriptor(target: object, name: PropertyKey): PropertyDescriptor | undefined {
    const found = Reflect.getOwnPropertyDescriptor(this.#client, name);
    if (found === undefined) return undefined;
    return {
      value: this.get(target, name),
      writable: true,
      enumerable: found.enumerable ?? false,
      configurable: true,
    };
  }

  /** Called on the client, whoever it is called on, and with everything that is put onto a function. */
  #onClient(method: Method): unknown {
    const known = this.#own.get(method);
    if (known !== undefined) return known;
    const own = new Proxy(method, { apply: (_, __, words) => Reflect.apply(method, this.#client, words) });
    this.#own.set(method, own);
    return own;
  }
}

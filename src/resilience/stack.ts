/** Several policies as one, the outermost first: each carries out what stands inside of it as its task. */
import { invalidOption } from '../base/index.ts';
import type { Call, Task } from './call.ts';
import type { PolicyListener } from './events.ts';
import { type AlternativeOf, type AnyPolicy, checkOrder, type KindOf, type Ordered } from './order.ts';
import { Policy } from './policy.ts';
import type { PolicyKind } from './policy-kind.ts';

/**
 * `policy(deadline('2s'), retry(), timeout('500ms'))`: outermost first. An order that cannot be meant is refused by the
 * compiler, with the reason in the place of the policy, and when it is made.
 */
export function policy<const Policies extends readonly [AnyPolicy, ...AnyPolicy[]]>(
  ...policies: Policies & Ordered<Policies>
): Stack<KindOf<Policies[number]>, AlternativeOf<Policies[number]>> {
  return new Stack(policies as readonly AnyPolicy[]) as Stack<
    KindOf<Policies[number]>,
    AlternativeOf<Policies[number]>
  >;
}

export class Stack<Kind extends PolicyKind, Alternative> extends Policy<Kind, Alternative> {
  /** Outermost first; stacks in it are taken apart. */
  readonly policies: readonly AnyPolicy[];
  readonly #outermost: Policy<Kind, Alternative>;

  constructor(parts: readonly AnyPolicy[]) {
    const policies = parts.flatMap((part) => (part instanceof Stack ? part.policies : [part]));
    const [first] = policies;
    if (first === undefined) throw invalidOption('policies', policies, 'at least one policy');
    const stranger = policies.find(({ clock }) => clock !== first.clock);
    if (stranger !== undefined) {
      throw invalidOption(
        `clock of ${stranger.name}`,
        stranger.clock,
        `that of ${first.name}: deadlines are compared`,
      );
    }
    checkOrder(policies);
    super(
      policies.flatMap(({ kinds }) => kinds) as Kind[],
      policies.map(({ name }) => name).join(' > '),
      first.clock,
    );
    this.policies = policies;
    this.#outermost = policies.reduceRight((inner, outer) => new Nested(outer, inner)) as Policy<
      Kind,
      Alternative
    >;
  }

  override run<T>(task: Task<T>, call: Call): Promise<T | Alternative> {
    return this.#outermost.run(task, call);
  }

  override onEvent(listener: PolicyListener): () => void {
    const removals = this.policies.map((part) => part.onEvent(listener));
    return () => {
      for (const remove of removals) remove();
    };
  }
}

class Nested extends Policy<PolicyKind, unknown> {
  readonly #outer: AnyPolicy;
  readonly #inner: AnyPolicy;

  constructor(outer: AnyPolicy, inner: AnyPolicy) {
    super(outer.kinds, outer.name, outer.clock);
    this.#outer = outer;
    this.#inner = inner;
  }

  override run<T>(task: Task<T>, call: Call): Promise<unknown> {
    return this.#outer.run((inside) => this.#inner.run(task, inside as Call), call);
  }
}

/** What all events of policies have in common. */
import type { PolicyKind } from './policy-kind.ts';

export interface Told<Type extends string, Kind extends PolicyKind = PolicyKind> {
  readonly type: Type;
  readonly kind: Kind;
  /** The policy's name. */
  readonly policy: string;
}

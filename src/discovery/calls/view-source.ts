/**
 * Where what is known of services comes from: a registry, or anything else that has a view of each. A view may say more
 * than it must: whether it knows anything yet, and when.
 */
import type { ServiceView } from '../instance.ts';

/** What calls read. */
export interface CalledView extends ServiceView {
  /** Whether the snapshot says anything, since an empty one may mean two things. Default: whether it was ever changed. */
  readonly isKnown?: boolean;
  /** Resolves when something is known. */
  ready?(options: { readonly signal?: AbortSignal }): Promise<void>;
  close?(): void;
}

export interface ViewSource {
  view(service: string): CalledView | Promise<CalledView>;
}

export function isKnown({ isKnown: known, snapshot }: CalledView): boolean {
  return known ?? (snapshot.version > 0 || snapshot.instances.length > 0);
}

/** What a write of any recipe may be told. */
import type { CallOptions, Fence } from '../engines/port/index.ts';

export interface GuardedOptions extends CallOptions {
  /**
   * Whose right the write is: it is refused with `fenced` when somebody else has taken over since. Needs an engine
   * with the capability `fencing`, and is refused with `capability-missing` by any other.
   */
  readonly fence?: Fence;
}

/** The fences of a request to the engine. */
export function fencesOf({ fence }: GuardedOptions): { readonly fences?: readonly Fence[] } {
  return fence === undefined ? {} : { fences: [fence] };
}

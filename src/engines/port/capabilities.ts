/**
 * What an engine may promise beyond the port itself. Each engine states its own in the type of its `provides`, so a
 * recipe that needs more does not compile for it; who has no types at hand is refused when the recipe is made, by
 * the same record. Nothing is weakened silently: a recipe either has what it needs or says what is missing.
 */
import { QuorateError } from '../../base/index.ts';

/** The meaning of each, for people; the table in the documents is made of these lines. */
export const capabilityMeanings = {
  fencing:
    'a write shows the token of its holder and is refused by the engine itself when that is superseded',
  'linearizable-reads': 'a read sees every write that was acknowledged before it began',
  transactions: 'conditions and changes of several keys are carried out together or not at all',
  'watch-resume': 'a watch goes on behind a lost connection without leaving out a change',
  'expiry-events': 'a watch tells an item that vanished with its session from one that was deleted',
  'survives-failover':
    'what was acknowledged is still there when the server that acknowledged it is lost for good',
} as const;

export type Capability = keyof typeof capabilityMeanings;

/** More capabilities fit where fewer are asked for. */
export type Provides<C extends Capability> = { readonly [K in C]: true };

/** What an engine says about each capability that it lacks, or has in part: shown with the refusal and in the table. */
export type CapabilityNotes = Partial<Readonly<Record<Capability, string>>>;

export function provides(record: Partial<Provides<Capability>>, capability: Capability): boolean {
  return record[capability] === true;
}

/** Throws `capability-missing` for the first of `needed` that the engine lacks. */
export function checkCapabilities(
  engine: {
    readonly kind: string;
    readonly provides: Partial<Provides<Capability>>;
    readonly notes?: CapabilityNotes;
  },
  recipe: string,
  needed: readonly Capability[],
): void {
  for (const capability of needed) {
    if (provides(engine.provides, capability)) continue;
    const note = engine.notes?.[capability];
    throw new QuorateError({
      code: 'capability-missing',
      message:
        `${recipe} needs ${capability} (${capabilityMeanings[capability]}), which the engine ${engine.kind} ` +
        `does not have${note === undefined ? '' : `: ${note}`}; use an engine that has it, or a recipe that needs less`,
      data: { engine: engine.kind, recipe, capability },
    });
  }
}

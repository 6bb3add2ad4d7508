/** The verbs that the command knows, in the order in which its help shows them. */
import type { Verb } from './verb.ts';
import { sim } from './verbs/sim.ts';

export const verbs: readonly Verb[] = [sim];

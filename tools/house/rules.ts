/** The rules of the house by name, in the order in which they are reported. */
import { checkCycles } from './cycles.ts';
import { checkDeadExports } from './dead-exports.ts';
import { checkLayering } from './layering.ts';
import { checkLengths } from './lengths.ts';
import { checkLint } from './lint.ts';
import { checkManners } from './manners.ts';
import { checkPortability } from './portability.ts';
import { checkPurity } from './purity.ts';
import type { Finding, SourceFile } from './source-file.ts';
import { checkTypes } from './types.ts';

export interface OwnRule {
  readonly name: string;
  readonly what: string;
  readonly check: (files: readonly SourceFile[]) => Finding[];
}

/** A rule that an outside program judges, in a process of its own. */
export interface OutsideRule {
  readonly name: string;
  readonly what: string;
  readonly run: (root: string) => Promise<Finding[]>;
}

export const outsideRules: readonly OutsideRule[] = [
  { name: 'types', what: 'the compiler, with every strict flag', run: checkTypes },
  { name: 'lint', what: 'format, order of imports and lint', run: checkLint },
  { name: 'dead-exports', what: 'files, exports and dependencies nobody uses', run: checkDeadExports },
];

export const ownRules: readonly OwnRule[] = [
  { name: 'floors', what: 'rooms import only rooms below, through the door', check: checkLayering },
  { name: 'cycles', what: 'no import cycles, types included', check: checkCycles },
  { name: 'purity', what: 'time, randomness and the machine come through ports', check: checkPurity },
  { name: 'lengths', what: 'files up to 600 lines, functions up to 70', check: checkLengths },
  { name: 'manners', what: 'openings, names, exports, marks and switches', check: checkManners },
  { name: 'portability', what: 'no path or registry of one machine', check: checkPortability },
];

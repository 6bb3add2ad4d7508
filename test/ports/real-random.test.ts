/** The system's randomness against the suite. */
import { realRandom } from '../../src/ports/real/index.ts';
import { randomConformance } from './random-conformance.ts';

randomConformance('real', realRandom);

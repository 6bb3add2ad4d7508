/** Randomness of any runtime against the suite. */
import { webRandom } from '../../src/ports/web/index.ts';
import { randomConformance } from './random-conformance.ts';

randomConformance('web', webRandom);

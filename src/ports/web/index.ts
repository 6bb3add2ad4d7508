/**
 * The ports that every JavaScript runtime can give: time and randomness. Rooms that must run in a browser or at the
 * edge take their defaults from here, because `real/` needs Node.
 */
export { webClock } from './clock.ts';
export { webRandom } from './random.ts';

/** Names that nobody else draws: 96 bits, in digits and letters a to f. */
import type { Random } from '../../ports/index.ts';

export function randomWord(random: Random): string {
  const bytes = new Uint8Array(12);
  random.fill(bytes);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Names that nobody else has: of sessions, of inboxes, of this process among those who publish. */
import type { Random } from '../../ports/index.ts';

const idBytes = 12;

export function randomId(random: Random): string {
  const bytes = new Uint8Array(idBytes);
  random.fill(bytes);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

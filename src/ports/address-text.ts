/** An address as people write it, for messages and tables: brackets around IPv6. */
import type { Address } from './network.ts';

export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

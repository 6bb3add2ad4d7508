/** Refuses what no address can be: Node would take an empty host for this machine, and throw its own errors for ports. */
import { invalidOption } from '../../base/index.ts';
import type { Address } from '../index.ts';

export function checkAddress(address: Address, portLeast: number): void {
  const { host, port } = address;
  if (host === '') throw invalidOption('address.host', host, 'a name or an IP address');
  if (!Number.isInteger(port) || port < portLeast || port > 65_535) {
    throw invalidOption('address.port', port, `a whole number from ${portLeast} to 65535`);
  }
}

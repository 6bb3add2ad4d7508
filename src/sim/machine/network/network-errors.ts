/** The network port's errors as a simulated network gives them; the system's code is the one that Linux would give. */
import { invalidOption, QuorateError } from '../../../base/index.ts';
import { type Address, addressText } from '../../../ports/index.ts';

export function networkFailed(
  operation: 'listen' | 'connect' | 'connection',
  address: Address,
  system: string,
): QuorateError<'network-failed'> {
  const place = addressText(address);
  return new QuorateError({
    code: 'network-failed',
    message: `${operation} ${place} failed: ${system}, as the simulation wants it`,
    data: { operation, address: place, system },
    outcome: operation === 'connection' ? 'unknown' : 'not-applied',
  });
}

export function portInUse(address: Address, holder: string): QuorateError<'in-use'> {
  const place = addressText(address);
  return new QuorateError({
    code: 'in-use',
    message: `listen on ${place}: ${holder} has this port; stop it or choose another port`,
    data: { what: place, holder },
  });
}

/** Refuses what no address can be. */
export function checkAddress({ host, port }: Address, portLeast: number): void {
  if (host === '') throw invalidOption('address.host', host, 'a name or an IP address');
  if (!Number.isInteger(port) || port < portLeast || port > 65_535) {
    throw invalidOption('address.port', port, `a whole number from ${portLeast} to 65535`);
  }
}

/**
 * Addresses as members write them to each other: `host:port`, with brackets around a host of IPv6. Text is what
 * travels and what the core compares; the ports of the machine want host and port.
 */
import { invalidOption } from '../base/index.ts';
import type { Address } from '../ports/index.ts';

const form = /^(?:\[([^\]]+)\]|([^:/[\]]+)):(\d{1,5})$/;

/** What names and addresses are made of; longer ones would crowd packets. */
const hostForm = /^[\x21-\x7e]{1,240}$/;

/** Undefined for a text that is none: others may write what they like. */
export function addressOf(text: string): Address | undefined {
  const [, bracketed, plain, digits] = form.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Refuses what no packet can be sent to; `portLeast` is 0 where a free port will do. */
export function checkedAddress(option: string, address: Address | string, portLeast: 0 | 1): Address {
  if (typeof address !== 'string' && (typeof address !== 'object' || address === null)) {
    throw invalidOption(option, address, 'host:port, such as 10.0.0.7:7946');
  }
  const { host, port } = typeof address === 'string' ? partsOf(option, address) : address;
  if (typeof host !== 'string' || !hostForm.test(host)) {
    throw invalidOption(`${option}.host`, host, 'a name or an IP address');
  }
  if (!Number.isInteger(port) || port < portLeast || port > 65_535) {
    throw invalidOption(`${option}.port`, port, `a whole number from ${portLeast} to 65535`);
  }
  return { host, port };
}

function partsOf(option: string, text: string): Address {
  const [, bracketed, plain, digits] = form.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw invalidOption(option, text, 'host:port, such as 10.0.0.7:7946');
  return { host, port: Number(digits) };
}

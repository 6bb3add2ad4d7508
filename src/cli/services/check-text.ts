/** Health checks as one types them: an address says how it is looked at. */
import type { Check, PolledCheck } from '../../discovery/index.ts';
import type { Address } from '../../ports/index.ts';
import { parseAddress } from '../endpoints.ts';
import { UsageError } from '../verb.ts';

const forms = 'http://…, https://…, tcp://HOST:PORT, grpc://HOST:PORT[/SERVICE] or exec:PROGRAM WORD …';

export function parseCheck(text: string, options: PolledCheck): Check {
  const [, scheme, rest = ''] = /^(https?:\/\/|tcp:\/\/|grpc:\/\/|exec:\s*)(\S.*)$/.exec(text) ?? [];
  switch (scheme?.trimEnd()) {
    case 'http://':
    case 'https://':
      return { kind: 'http', url: checkedUrl(text), ...options };
    case 'tcp://':
      return { kind: 'tcp', address: addressIn(text, rest), ...options };
    case 'grpc://': {
      const [address = '', service = ''] = rest.split(/\/(.*)/, 2);
      return { kind: 'grpc', address: addressIn(text, address), service, ...options };
    }
    case 'exec:': {
      const [program = '', ...words] = rest.trim().split(/\s+/);
      return { kind: 'command', program, words, ...options };
    }
    default:
      throw noCheck(text);
  }
}

/** Port 0 is any free one, for who listens; nobody is found there. */
function addressIn(text: string, written: string): Address {
  const address = parseAddress(written);
  if (address.port === 0) throw noCheck(text);
  return address;
}

function checkedUrl(text: string): string {
  if (!URL.canParse(text)) throw noCheck(text);
  const { host, username, password } = new URL(text);
  if (username === '' && password === '') return text;
  throw new UsageError(`--check at ${host} has a user or a password: give it an address without them`);
}

function noCheck(text: string): UsageError {
  return new UsageError(`--check is ${JSON.stringify(text)}, but must be ${forms}`);
}

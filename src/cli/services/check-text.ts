/** Health checks as one types them: an address says how it is looked at. */
import type { Check, PolledCheck } from '../../discovery/index.ts';
import { parseAddress } from '../endpoints.ts';
import { UsageError } from '../verb.ts';

const forms = 'http://…, https://…, tcp://HOST:PORT, grpc://HOST:PORT[/SERVICE] or exec:PROGRAM WORD …';

export function parseCheck(text: string, options: PolledCheck): Check {
  if (/^https?:\/\//.test(text)) return { kind: 'http', url: text, ...options };
  const [, scheme, rest = ''] = /^(tcp:\/\/|grpc:\/\/|exec:)(.+)$/.exec(text) ?? [];
  switch (scheme) {
    case 'tcp://':
      return { kind: 'tcp', address: parseAddress(rest), ...options };
    case 'grpc://': {
      const [address = '', service = ''] = rest.split(/\/(.*)/, 2);
      return { kind: 'grpc', address: parseAddress(address), service, ...options };
    }
    case 'exec:': {
      const [program = '', ...words] = rest.trim().split(/\s+/);
      return { kind: 'command', program, words, ...options };
    }
    default:
      throw new UsageError(`--check is ${JSON.stringify(text)}, but must be ${forms}`);
  }
}

/** What ends a copy of a directory, or leaves a write to it in the dark, in words for whoever can mend it. */
import { QuorateError } from '../../base/index.ts';
import { namesMax } from './copy.ts';

export function directoryTooLarge(filter: string): QuorateError<'engine-failed'> {
  return new QuorateError({
    code: 'engine-failed',
    message: `there are more than ${namesMax} names under ${filter}; this engine keeps a directory in memory: use several`,
    data: { engine: 'nats', reason: `more than ${namesMax} names in a directory` },
    outcome: 'not-applied',
  });
}

export function notKnown(address: string): QuorateError<'engine-unreachable'> {
  return new QuorateError({
    code: 'engine-unreachable',
    message:
      `the connection to NATS at ${address} was lost behind a write, and what followed it is no longer in the stream, ` +
      'so nobody can say whether it was carried out; look before you do it again',
    data: { engine: 'nats', address },
    outcome: 'unknown',
  });
}

export interface Differing {
  readonly address: string;
  readonly stream: string;
  readonly at: number;
  /** Those that are not like the leader. */
  readonly servers: readonly string[];
}

export function copiesDiffer({ address, stream, at, servers }: Differing): QuorateError<'engine-failed'> {
  return new QuorateError({
    code: 'engine-failed',
    message:
      `the copies of the stream ${stream} on the servers ${servers.join(' and ')} of ${address} both differ at message ` +
      `${at} from the copy of the server that leads, so what that one says is not believed; stop the server that leads, ` +
      'remove its copy of the stream from its JetStream directory, and start it again',
    data: { engine: 'nats', reason: `the servers' copies of ${stream} differ at message ${at}` },
    outcome: 'not-applied',
  });
}

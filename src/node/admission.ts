/**
 * Whom a node lets in. A wrong address in a configuration file, or a node of yesterday's cluster, must show at
 * once and with a reason, and never as a vote.
 */
import { QuorateError } from '../base/index.ts';
import { type Hello, helloRefused } from '../net/index.ts';
import type { NodeIdentity } from './options.ts';

/** Throws `hello-refused` for who does not belong here or meant somebody else. */
export function checkHello(hello: Hello, { cluster, member }: NodeIdentity): void {
  if (hello.purpose === 'messages')
    throw helloRefused(
      'it is a program that uses services of others, and a node of a cluster has none to offer',
    );
  if (hello.purpose === 'client' && hello.cluster === '') return;
  if (hello.cluster !== cluster)
    throw helloRefused(`it belongs to cluster ${hello.cluster}, and this node to ${cluster}`);
  if (hello.to !== 0 && hello.to !== member)
    throw helloRefused(`it was meant for member ${hello.to}, and this is ${member}`);
  if (hello.purpose !== 'client' && (hello.from === 0 || hello.from === member))
    throw helloRefused(`it says that it comes from member ${hello.from}, which is nobody else`);
}

export function tooManyClients(limit: number): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `this node has its limit of ${limit} connections of clients; close some, or ask another node`,
    data: { queue: 'connections of clients', limit },
  });
}

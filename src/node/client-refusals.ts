/** What a client is told when a node cannot take up what it asks, or not answer it. */
import { isQuorateError, QuorateError } from '../base/index.ts';
import { framePayloadBytesMax } from '../net/index.ts';

export function numberTaken(id: number): QuorateError<'in-use'> {
  const data = { what: `number ${id}`, holder: 'a watch of the same connection' };
  return new QuorateError({
    code: 'in-use',
    message: `number ${id} belongs to a watch of the same connection; number each request anew`,
    data,
  });
}

export function tooManyWatches(limit: number): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `a connection has its limit of ${limit} watches; end some, watch a prefix, or use another connection`,
    data: { queue: 'watches of a connection', limit },
  });
}

export function tooMany(requests: number, bytes: number): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `a connection has its limit of ${requests} requests or ${bytes} bytes open; wait for replies before sending more`,
    data: { queue: 'requests of a connection', limit: requests },
  });
}

export function tooManyReplies(limit: number): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `replies of more than ${limit} bytes wait for this client to read them; read faster, or ask for less at once`,
    data: { queue: 'replies of a connection', limit },
  });
}

/** A command was applied all the same, only its reply cannot be had. */
export function tooLarge(bytes: number, isCommand: boolean): QuorateError<'too-large'> {
  return new QuorateError({
    code: 'too-large',
    message: `a reply has ${bytes} bytes, above the limit of ${framePayloadBytesMax}; ask for less at once`,
    data: { what: 'reply', bytes, limit: framePayloadBytesMax },
    outcome: isCommand ? 'unknown' : 'not-applied',
  });
}

/** What is no error of ours is a fault of the node: the client learns that the outcome is unknown. */
export function asQuorateError(error: unknown): QuorateError {
  if (isQuorateError(error)) return error;
  return new QuorateError({
    code: 'proposal-lost',
    message: `the node failed while it served a request: ${String(error)}`,
    data: { group: 0, reason: String(error) },
    cause: error,
  });
}

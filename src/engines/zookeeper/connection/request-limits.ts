/** What a connection to ZooKeeper bounds, and what to do at each bound. The connection goes on behind all of them. */
import { QuorateError } from '../../../base/index.ts';

export function tooManyWait(limit: number): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `this connection to ZooKeeper has its limit of ${limit} requests open; wait for answers before asking more`,
    data: { queue: 'requests to ZooKeeper', limit },
  });
}

export function requestTooLarge(bytes: number, limit: number): QuorateError<'too-large'> {
  return new QuorateError({
    code: 'too-large',
    message:
      `a request has ${bytes} bytes, and servers take at most ${limit} (their jute.maxbuffer): split it, or raise ` +
      'jute.maxbuffer on every server and `requestBytesMax` here',
    data: { what: 'request', bytes, limit },
  });
}

export function answerTooLarge(bytes: number, limit: number): QuorateError<'too-large'> {
  return new QuorateError({
    code: 'too-large',
    message:
      `an answer of ZooKeeper has ${bytes} bytes, and at most ${limit} are taken here: keep fewer items in a ` +
      'directory, or raise `answerBytesMax`',
    data: { what: 'answer', bytes, limit },
  });
}

/** What goes wrong between two programs that send each other messages, as errors. */
import { isQuorateError, type Outcome, QuorateError } from '../../base/index.ts';

/** The connection ends with it: no correct peer does so. */
function protocolBroken(reason: string): QuorateError<'frame-refused'> {
  return new QuorateError({
    code: 'frame-refused',
    message: `a peer broke the protocol of messages: ${reason}; check what runs there`,
    data: { reason },
  });
}

export function creditExceeded(reason: string): QuorateError<'frame-refused'> {
  return protocolBroken(reason);
}

export function wrongSpeaker(kind: string): QuorateError<'frame-refused'> {
  return protocolBroken(`it sends ${kind}, which is for the other side to send`);
}

export function numberReused(id: number, last: number): QuorateError<'frame-refused'> {
  return protocolBroken(`it begins number ${id} behind ${last}, and numbers only grow`);
}

export function sentBehindTheEnd(): QuorateError<'frame-refused'> {
  return protocolBroken('it sends on a stream behind its own end');
}

export function queueFull(queue: string, limit: number): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `${queue}: the limit of ${limit} is reached; wait until some are done, and try again`,
    data: { queue, limit },
  });
}

/** The handler has ended, and what it answered is dropped. */
export function answersFull(limit: number): QuorateError<'queue-full'> {
  const queue = 'bytes of answers that a caller has not read';
  return new QuorateError({
    code: 'queue-full',
    message: `${queue}: the limit of ${limit} is reached, and this answer was dropped; ask for less at once, or raise limits.callBytesMax`,
    data: { queue, limit },
    outcome: 'unknown',
  });
}

export function tooLarge(
  what: string,
  bytes: number,
  limit: number,
  outcome: Outcome,
): QuorateError<'too-large'> {
  return new QuorateError({
    code: 'too-large',
    message: `a ${what} of ${bytes} bytes is above the limit of ${limit}; split it, or send it on a stream`,
    data: { what, bytes, limit },
    outcome,
  });
}

export function serviceUnknown(service: string): QuorateError<'service-unknown'> {
  return new QuorateError({
    code: 'service-unknown',
    message: `nobody here serves ${JSON.stringify(service)}; check the name, and whether the other program serves it yet`,
    data: { service },
  });
}

/** A handler's own error crosses as it is, if it is one of ours. */
export function asServiceError(error: unknown, service: string): QuorateError {
  if (isQuorateError(error)) return error;
  return new QuorateError({
    code: 'service-failed',
    message: `${service} failed: ${textOf(error)}`,
    data: { service, reason: textOf(error) },
    cause: error,
  });
}

export function callCancelled(): QuorateError<'call-cancelled'> {
  return new QuorateError({
    code: 'call-cancelled',
    message: 'whoever asked does not wait for the answer any more',
    data: {},
  });
}

export function deadlineOver(milliseconds: number, outcome: Outcome): QuorateError<'deadline-exceeded'> {
  const known = outcome === 'unknown' ? 'what was asked may or may not have happened' : 'nothing was done';
  const rounded = Math.ceil(milliseconds);
  return new QuorateError({
    code: 'deadline-exceeded',
    message: `no answer within ${rounded} ms; ${known}`,
    data: { milliseconds: rounded },
    outcome,
  });
}

/** What the other side hears of a stream that this side gave up. */
export function asStreamError(reason: unknown): QuorateError {
  if (isQuorateError(reason)) return reason;
  const text = reason === undefined ? 'it is not needed any more' : textOf(reason);
  return new QuorateError({
    code: 'stream-aborted',
    message: `the stream was given up: ${text}`,
    data: { reason: text },
    cause: reason,
  });
}

export function closedError(what: string, outcome: Outcome): QuorateError<'closed'> {
  return new QuorateError({ code: 'closed', message: `${what} is closed`, data: { what }, outcome });
}

/** Anything may be thrown, also what has no text and says so by throwing. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return `a value without a text (${typeof thrown})`;
  }
}

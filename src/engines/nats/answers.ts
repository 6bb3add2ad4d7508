/**
 * What JetStream answers, read from its JSON, and what its error codes mean here. The codes are those of the server's
 * published list; texts are for people, except for the one that carries a sequence number.
 */
import { isQuorateError, QuorateError } from '../../base/index.ts';

/** A refusal in the server's words. */
export interface Refusal {
  /** JetStream's own code; 0 where it gave none. */
  readonly code: number;
  /** As in HTTP. */
  readonly status: number;
  readonly description: string;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export type Answer =
  | { readonly kind: 'done'; readonly body: JsonObject }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What a publication is acknowledged with. */
export type Acknowledgement =
  | { readonly kind: 'taken'; readonly sequence: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** With fewer, who comes too late in numbers would drive out what counts. */
const keptLeast = 1_000;

const refusalCodes = {
  streamMissing: 10059,
  messageMissing: 10043,
  /** No message of a subject. */
  noneFound: 10037,
  /** Limits of the account and of the server. */
  full: new Set([10002, 10023, 10028, 10047]),
  /** The stream could not keep it, for a reason that only the text tells. */
  notKept: 10077,
  isOff: new Set([10039, 10076]),
} as const;

const utf8 = new TextDecoder();
/** As Go writes it: nanoseconds without zeros at their end. */
const date = /^\d{4}-\d{2}-\d{2}T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?Z$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function decodeAnswer(bytes: Uint8Array): Answer {
  const body = objectIn(bytes);
  const { error } = body;
  if (error === undefined || error === null) return { kind: 'done', body };
  if (typeof error !== 'object') throw malformed('its error is no object');
  const { err_code: code, code: status, description } = error as JsonObject;
  const refusal = { code: whole(code) ?? 0, status: whole(status) ?? 0, description: text(description) };
  return { kind: 'refused', refusal };
}

export function decodeAcknowledgement(bytes: Uint8Array): Acknowledgement {
  const answer = decodeAnswer(bytes);
  if (answer.kind === 'refused') return answer;
  const sequence = whole(answer.body['seq']);
  if (sequence === undefined || sequence <= 0) throw malformed('it acknowledges without a sequence number');
  return { kind: 'taken', sequence };
}

/** What the engine needs to know of a stream, read from what the server tells about it. */
export interface StreamFacts {
  /** When it was made, in the words of the server that answered: others may tell another date of the same stream. */
  readonly born: string;
  readonly lastSequence: number;
  readonly copies: number;
  readonly isOnDisk: boolean;
  readonly subjects: readonly string[];
  /** The server that leads, by its name; undefined where servers form no cluster. */
  readonly leader: string | undefined;
  /** What it does beside keeping messages, which this engine cannot live with: limits that drop old messages, retention by interest. */
  readonly drops: string | undefined;
}

export function readStreamFacts(body: JsonObject): StreamFacts {
  const { config, state, created } = body as { config: unknown; state: unknown; created: unknown };
  if (!isObject(config) || !isObject(state) || typeof created !== 'string')
    throw malformed('it tells of a stream without its configuration, state or date');
  const { subjects } = config;
  return {
    born: created,
    lastSequence: whole(state['last_seq']) ?? 0,
    copies: whole(config['num_replicas']) ?? 1,
    isOnDisk: config['storage'] === 'file',
    subjects: Array.isArray(subjects) ? subjects.filter((one) => typeof one === 'string') : [],
    leader: readLeader(body),
    drops: whatDrops(config),
  };
}

/** Of a stream the server that leads it, of a consumer the one that delivers. */
export function readLeader({ cluster }: JsonObject): string | undefined {
  const leader = isObject(cluster) ? cluster['leader'] : undefined;
  return typeof leader === 'string' && leader !== '' ? leader : undefined;
}

function whatDrops(config: JsonObject): string | undefined {
  if (config['retention'] !== 'limits')
    return `retention is ${text(config['retention'])}, and must be limits`;
  if ((whole(config['max_age']) ?? 0) > 0) return 'max_age drops messages by their age, and must be 0';
  if (config['discard'] !== 'new') return `discard is ${text(config['discard'])}, and must be new`;
  if ((whole(config['max_msgs']) ?? -1) > 0) return 'max_msgs drops messages by their number, and must be -1';
  const kept = whole(config['max_msgs_per_subject']) ?? -1;
  if (kept < keptLeast) return `max_msgs_per_subject is ${kept}, and must be ${keptLeast} or more`;
  if (config['deny_delete'] === true) return 'deny_delete must be false';
  return undefined;
}

/** The value of the message that was asked for; none is left out. */
export function readStoredValue(body: JsonObject): Uint8Array {
  const { message } = body;
  if (!isObject(message)) throw malformed('it has no message');
  const { data = '' } = message;
  if (typeof data !== 'string' || !base64.test(data)) throw malformed('its message is no base64');
  return Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
}

/**
 * By what a message is known again: two that were given the same sequence, by servers that do not agree, were taken
 * at different moments.
 */
export interface StoredPlace {
  readonly sequence: number;
  /** When the leader took it, in nanoseconds of its day; the same in every copy. */
  readonly moment: number;
}

/** Of the message that was asked for. */
export function readStoredPlace({ message }: JsonObject): StoredPlace {
  const { seq, time } = isObject(message) ? message : {};
  const sequence = whole(seq);
  if (sequence === undefined || sequence <= 0) throw malformed('its message has no sequence number');
  const [, hours, minutes, seconds, fraction = ''] = date.exec(typeof time === 'string' ? time : '') ?? [];
  if (hours === undefined) throw malformed('its message has no date');
  const second = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return { sequence, moment: second * 1e9 + Number(fraction.padEnd(9, '0')) };
}

/** The error for a refusal that trying again would not mend; undefined for one that a moment may. */
export function refusedError(refusal: Refusal, what: string, address: string): QuorateError | undefined {
  const { code, status, description } = refusal;
  const told = `${what}: the server at ${address} refused with "${description}" (${code})`;
  if (
    refusalCodes.full.has(code) ||
    (code === refusalCodes.notKept && /exceeded|no space/.test(description))
  ) {
    return new QuorateError({
      code: 'engine-full',
      message: `${told}; raise max_bytes of the stream or the limits of the account, or free some room`,
      data: { engine: 'nats', address },
    });
  }
  if (code === refusalCodes.streamMissing) {
    return new QuorateError({
      code: 'engine-data-lost',
      message: `${told}; the stream that held everything is gone: take nothing for granted, and open the engine anew`,
      data: { engine: 'nats', problem: description },
    });
  }
  if (refusalCodes.isOff.has(code)) return jetStreamMissing(address, description);
  if (status === 503) return undefined;
  return new QuorateError({
    code: 'engine-failed',
    message: `${told}; mend its cause on the server`,
    data: { engine: 'nats', reason: description },
    outcome: 'not-applied',
  });
}

export function isMessageMissing(refusal: Refusal): boolean {
  return refusal.code === refusalCodes.messageMissing;
}

export function isNoneFound(refusal: Refusal): boolean {
  return refusal.code === refusalCodes.noneFound;
}

export function isStreamMissing(refusal: Refusal): boolean {
  return refusal.code === refusalCodes.streamMissing;
}

export function jetStreamMissing(address: string, reason: string): QuorateError<'engine-failed'> {
  return new QuorateError({
    code: 'engine-failed',
    message:
      `the NATS server at ${address} has no JetStream for us (${reason}); start it with --jetstream, or enable ` +
      'JetStream for the account',
    data: { engine: 'nats', reason },
    outcome: 'not-applied',
  });
}

function objectIn(bytes: Uint8Array): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw malformed('it is no JSON', cause);
  }
  if (!isObject(body)) throw malformed('it is no object');
  return body;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function whole(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 500) : 'nothing';
}

function malformed(problem: string, cause?: unknown): QuorateError<'malformed-bytes'> {
  return new QuorateError({
    code: 'malformed-bytes',
    message: `an answer of JetStream cannot be read: ${problem}; something between us and the server may have changed it`,
    data: { what: 'an answer of JetStream', offset: 0 },
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Bytes that are no answer of JetStream, as what they are to the user. */
export function asProtocolError(error: unknown, address: string): unknown {
  if (!isQuorateError(error) || error.code !== 'malformed-bytes') return error;
  return new QuorateError({
    code: 'engine-protocol',
    message: error.message,
    data: { engine: 'nats', address },
    cause: error,
  });
}

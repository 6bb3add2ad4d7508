/**
 * What a server or a connection to it may say instead of an answer, sorted by what to do about it. The first word of
 * a refusal is the server's code; inside of a script, older servers wrap it into a sentence.
 */
import { type ErrorCode, QuorateError } from '../../base/index.ts';

/**
 * - `again`: the connection is lost, and the command may have been carried out; on the next connection it can be seen.
 * - `later`: nothing was done, and the server will take it in a while.
 * - `elsewhere`: nothing was done, and who listens at this address may soon be another; on a connection of its own.
 * - `never`: nothing was done, and trying again would not help.
 */
export type Course = 'again' | 'later' | 'elsewhere' | 'never';

export class Trouble extends Error {
  override readonly name = 'Trouble';
  readonly course: Course;
  readonly told: QuorateError;
  /** What the server itself said, where it did. */
  readonly words: string;

  constructor(course: Course, told: QuorateError, words = '') {
    super(told.message, { cause: told });
    this.course = course;
    this.told = told;
    this.words = words;
  }

  /** What was sent has certainly done nothing. */
  get isCertain(): boolean {
    return this.course !== 'again' && this.told.code !== 'engine-protocol';
  }
}

interface Kind {
  readonly course: Course;
  readonly code: Extract<
    ErrorCode,
    | 'engine-unauthenticated'
    | 'engine-read-only'
    | 'engine-full'
    | 'engine-unreachable'
    | 'engine-failed'
    | 'engine-protocol'
  >;
  /** What to do, to go behind what the server says. */
  readonly remedy: string;
}

const credentials: Kind = {
  course: 'never',
  code: 'engine-unauthenticated',
  remedy: 'give a user and a password that it knows in the URL, with the rights that the page names',
};
const readOnly: Kind = {
  course: 'elsewhere',
  code: 'engine-read-only',
  remedy: 'connect to the master, and not to a replica of it',
};
const busy: Kind = {
  course: 'later',
  code: 'engine-unreachable',
  remedy: 'wait until it is ready, and try again',
};

const kinds: Readonly<Record<string, Kind>> = {
  NOAUTH: credentials,
  WRONGPASS: credentials,
  NOPERM: credentials,
  READONLY: readOnly,
  OOM: {
    course: 'never',
    code: 'engine-full',
    remedy: 'raise its maxmemory, or delete what is not needed',
  },
  MISCONF: {
    course: 'never',
    code: 'engine-read-only',
    remedy: 'see in its log why it cannot write to its disk',
  },
  NOREPLICAS: {
    course: 'later',
    code: 'engine-read-only',
    remedy: 'start the replicas that min-replicas-to-write asks for',
  },
  LOADING: busy,
  BUSY: busy,
  MASTERDOWN: busy,
  TRYAGAIN: busy,
  WRONGTYPE: {
    course: 'never',
    code: 'engine-failed',
    remedy: 'another program uses this key for something else; open the engine with another prefix',
  },
};

/** Sentences that have no code, or whose code says less. */
const phrases: readonly (readonly [pattern: RegExp, kind: Kind])[] = [
  [/can't (?:run this command|access at least one of the)|without any password configured/, credentials],
  [
    /max number of clients reached/,
    { course: 'later', code: 'engine-full', remedy: 'raise its maxclients, or close connections' },
  ],
  [/-READONLY|from script: READONLY/, readOnly],
];

const other: Kind = { course: 'never', code: 'engine-failed', remedy: 'look up what it says' };

/** What the server answered with an error. `words` is its text. */
export function refusal(words: string, address: string, cause: unknown): Trouble {
  const { course, code, remedy } = kindOf(words);
  const message = `the Redis at ${address} refuses: ${words}; ${remedy}`;
  return new Trouble(course, errorOf(code, message, address, words, cause), words);
}

function kindOf(words: string): Kind {
  for (const [pattern, kind] of phrases) if (pattern.test(words)) return kind;
  const code = /^[A-Z]+/.exec(words)?.[0] ?? '';
  const inner = /@user_script:[^A-Z]*-?([A-Z]+)\b/.exec(words)?.[1] ?? '';
  return kinds[code] ?? kinds[inner] ?? other;
}

/** The script is not there any more: the server was told to forget all of them, or is another one. */
export function isUnknownScript({ words }: Trouble): boolean {
  return words.startsWith('NOSCRIPT');
}

/** The connection could not be made, or broke. */
export function broken(address: string, cause: unknown, course: Course = 'again'): Trouble {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const system = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/Unknown RESP type/.test(reason) || /^(?:ERR_SSL|EPROTO)/.test(system)) {
    const remedy = 'check the address and the port, and whether it is redis: or rediss:';
    return foreign(address, `${reason}; ${remedy}`, cause);
  }
  const isRefusedByUs = /CERT|SIGNATURE|ERR_TLS/.test(system);
  const remedy = isRefusedByUs
    ? 'give the authority that signed its certificate in `tls`'
    : 'check the address, and whether it runs and lets this machine in';
  const message = `the Redis at ${address} cannot be reached: ${reason}; ${remedy}`;
  const error = new QuorateError({
    code: 'engine-unreachable',
    message,
    data: { engine: 'redis', address },
    cause,
    retryable: !isRefusedByUs,
  });
  return new Trouble(isRefusedByUs ? 'never' : course, error);
}

/** Whoever is there speaks another language. */
export function foreign(address: string, reason: string, cause?: unknown): Trouble {
  const message = `what listens at ${address} does not answer as Redis does: ${reason}`;
  return new Trouble('never', errorOf('engine-protocol', message, address, reason, cause));
}

/** A server that we do not want, or that does not want this. */
export function unfit(code: Kind['code'], address: string, reason: string): Trouble {
  const course = code === 'engine-read-only' ? 'elsewhere' : 'never';
  return new Trouble(course, errorOf(code, `the Redis at ${address} ${reason}`, address, reason, undefined));
}

function errorOf(
  code: Kind['code'],
  message: string,
  address: string,
  reason: string,
  cause: unknown,
): QuorateError {
  const shared = { message, outcome: 'not-applied', ...(cause === undefined ? {} : { cause }) } as const;
  if (code === 'engine-failed') {
    return new QuorateError({ ...shared, code, data: { engine: 'redis', reason } });
  }
  return new QuorateError({ ...shared, code, data: { engine: 'redis', address } });
}

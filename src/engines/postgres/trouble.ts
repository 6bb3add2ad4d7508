/**
 * What a try may come to other than an answer, and what that says: whether it took effect, and whether to try once
 * more. Codes are those of PostgreSQL's table of SQLSTATE. A server that answers with an error has rolled back what
 * it was asked for; only a connection that breaks leaves the outcome open.
 */
import { QuorateError } from '../../base/index.ts';

/**
 * - `refused`: nothing was done, and another try would come to the same.
 * - `again`: nothing was done, and another try may succeed.
 * - `late`: nothing was done, because its time was over.
 * - `lost`: it may have been done.
 */
export type TroubleKind = 'refused' | 'again' | 'late' | 'lost';

export class Trouble extends Error {
  readonly kind: TroubleKind;
  readonly error: QuorateError;
  /** As the server said it; empty where it said nothing. */
  readonly sqlState: string;

  constructor(kind: TroubleKind, error: QuorateError) {
    super(error.message, { cause: error });
    this.kind = kind;
    this.error = error;
    this.sqlState = sqlState(error.cause) ?? '';
  }
}

type EngineCode =
  | 'engine-unreachable'
  | 'engine-protocol'
  | 'engine-read-only'
  | 'engine-full'
  | 'engine-unauthenticated';

interface Verdict {
  readonly kind: TroubleKind;
  readonly code: EngineCode | 'engine-data-lost' | 'engine-failed';
  readonly remedy: string;
}

const rights = 'check user, password and pg_hba.conf, and what the user was granted on the schema';

/** By the longest beginning of the code. */
const verdicts: Readonly<Record<string, Verdict>> = {
  '08': { kind: 'lost', code: 'engine-unreachable', remedy: 'check that the server runs' },
  '25006': { kind: 'refused', code: 'engine-read-only', remedy: 'connect to the primary' },
  '28': { kind: 'refused', code: 'engine-unauthenticated', remedy: rights },
  '3F000': { kind: 'refused', code: 'engine-data-lost', remedy: 'the schema is gone' },
  '40001': { kind: 'again', code: 'engine-failed', remedy: 'try again' },
  '40P01': { kind: 'again', code: 'engine-failed', remedy: 'try again' },
  '42501': { kind: 'refused', code: 'engine-unauthenticated', remedy: rights },
  '42883': { kind: 'refused', code: 'engine-data-lost', remedy: 'the functions are gone' },
  '42P01': { kind: 'refused', code: 'engine-data-lost', remedy: 'the tables are gone' },
  '53': { kind: 'refused', code: 'engine-full', remedy: 'free some of it, or raise the limit' },
  '53300': { kind: 'again', code: 'engine-full', remedy: 'raise max_connections, or use a pooler' },
  '54': { kind: 'refused', code: 'engine-full', remedy: 'raise the limit, or ask for less' },
  '55P03': { kind: 'again', code: 'engine-failed', remedy: 'try again' },
  '57014': { kind: 'late', code: 'engine-failed', remedy: 'allow more time' },
  // An order to end may come when the commit is done and only its replication is waited for.
  '57P01': { kind: 'lost', code: 'engine-unreachable', remedy: 'wait until the server is back' },
  '57P02': { kind: 'lost', code: 'engine-unreachable', remedy: 'wait until the server is back' },
  '57P03': { kind: 'again', code: 'engine-unreachable', remedy: 'wait until the server has started' },
};

const otherwise: Verdict = { kind: 'refused', code: 'engine-failed', remedy: 'its log may say more' };

/** An error that `pg` hands over for a statement that has left. */
export function statementTrouble(address: string, cause: unknown): Trouble {
  const state = sqlState(cause);
  if (state === undefined) return connectionLost(address, cause);
  return new Trouble(verdictOf(state).kind, refusalError(address, verdictOf(state), cause));
}

/** An error from before the first statement, when nothing can have been done. */
export function connectTrouble(address: string, cause: unknown): Trouble {
  const state = sqlState(cause);
  if (state !== undefined) {
    const verdict = verdictOf(state);
    const kind = verdict.kind === 'lost' ? 'again' : verdict.kind;
    return new Trouble(kind, refusalError(address, verdict, cause));
  }
  const words = wordsOf(cause);
  if (/^SASL|password/i.test(words)) {
    const verdict: Verdict = { kind: 'refused', code: 'engine-unauthenticated', remedy: rights };
    return new Trouble('refused', refusalError(address, verdict, cause));
  }
  if (
    /SSL|certificate|TLS/i.test(words) ||
    /^(ERR_TLS|ERR_SSL|CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/.test(codeOf(cause))
  ) {
    const remedy = 'make sslmode and the option tls fit the server and its certificate';
    return new Trouble(
      'refused',
      refusalError(address, { kind: 'refused', code: 'engine-protocol', remedy }, cause),
    );
  }
  return new Trouble('again', unreachable(address, words, cause));
}

/** What came first was no message of the protocol. */
export function foreignProtocol(address: string): Trouble {
  const message =
    `what listens at ${address} does not speak the protocol of PostgreSQL; ` +
    'check the address and the port, and sslmode where it wants encryption from the start';
  const data = { engine: 'postgres', address };
  return new Trouble(
    'refused',
    new QuorateError({ code: 'engine-protocol', message, data, outcome: 'not-applied' }),
  );
}

export function connectingOverdue(address: string, cause: unknown): Trouble {
  return new Trouble('again', unreachable(address, 'it did not answer while connecting', cause));
}

export function connectionLost(address: string, cause: unknown): Trouble {
  return new Trouble('lost', unreachable(address, wordsOf(cause), cause));
}

export function standbyTrouble(address: string): Trouble {
  const message =
    `the server at ${address} is a standby: it takes no writes, and what it shows may be old; ` +
    'connect to the primary';
  return new Trouble(
    'refused',
    new QuorateError({ code: 'engine-read-only', message, data: { engine: 'postgres', address } }),
  );
}

export function dataLost(problem: string, cause?: unknown): QuorateError<'engine-data-lost'> {
  return new QuorateError({
    code: 'engine-data-lost',
    message:
      `${problem}; sessions are over, watches begin anew, and the next call works on what is there: ` +
      'take nothing for granted that was held',
    data: { engine: 'postgres', problem },
    ...(cause === undefined ? {} : { cause }),
  });
}

export function engineFailed(reason: string): QuorateError<'engine-failed'> {
  return new QuorateError({
    code: 'engine-failed',
    message: reason,
    data: { engine: 'postgres', reason },
    outcome: 'not-applied',
  });
}

function unreachable(address: string, words: string, cause: unknown): QuorateError<'engine-unreachable'> {
  return new QuorateError({
    code: 'engine-unreachable',
    message: `PostgreSQL at ${address} cannot be reached: ${words}; check that the server runs and is not cut off`,
    data: { engine: 'postgres', address },
    cause,
  });
}

function refusalError(address: string, { kind, code, remedy }: Verdict, cause: unknown): QuorateError {
  const words = wordsOf(cause);
  const message = `PostgreSQL at ${address} refused: ${words} (${sqlState(cause) ?? 'no code'}); ${remedy}`;
  if (code === 'engine-data-lost') return dataLost(`${words}: ${remedy}`, cause);
  if (code === 'engine-failed') {
    return new QuorateError({
      code,
      message,
      data: { engine: 'postgres', reason: words },
      cause,
      outcome: 'not-applied',
      retryable: kind !== 'refused',
    });
  }
  const data = { engine: 'postgres', address };
  return new QuorateError({ code, message, data, cause, outcome: 'not-applied' });
}

function verdictOf(state: string): Verdict {
  return verdicts[state] ?? verdicts[state.slice(0, 2)] ?? otherwise;
}

/** Five characters; the codes of Node are longer. */
function sqlState(cause: unknown): string | undefined {
  const code = codeOf(cause);
  return /^[0-9A-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code) ? code : undefined;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}

function wordsOf(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(wordsOf).join(', ');
  return cause instanceof Error ? cause.message : String(cause);
}

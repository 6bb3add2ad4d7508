/**
 * What is asked of a member before it is used: a token if there are credentials, its version, and one linearizable
 * read, which shows that it has a leader, that it takes our credentials, and that it has lost nothing.
 */

import { isQuorateError, QuorateError } from '../../base/index.ts';
import { addressText } from '../../ports/index.ts';
import { decodeAuthenticateAnswer, decodeRangeAnswer, decodeStatusAnswer } from './answers.ts';
import type { HistoryCheck } from './history-check.ts';
import { CallFailure, type Channel } from './http2/index.ts';
import { directoryEnd, textBytes } from './layout.ts';
import type { EtcdSettings } from './options.ts';
import { judge } from './refusals.ts';
import { encodeAuthenticate, encodeRange, paths } from './requests.ts';

/** A member that does not answer by then is left for the next. */
const greetingMsMax = 2_000;
const versionLeast = [3, 4] as const;
const noMessage = new Uint8Array(0);

/** With each call: a member without a leader refuses, instead of answering watches with silence. */
export const metadata: Readonly<Record<string, string>> = { hasleader: 'true' };

/** Rejects with a `QuorateError`, or with the signal's reason. */
export async function greet(
  channel: Channel,
  settings: EtcdSettings,
  history: HistoryCheck,
  signal: AbortSignal,
): Promise<void> {
  await logIn(channel, settings, signal);
  const status = await ask(channel, { what: 'a question for its version', path: paths.status, signal });
  const { header, version } = decodeStatusAnswer(status);
  checkVersion(version, channel);
  history.member(header);
  const seen = history.revision;
  const key = textBytes(settings.prefix);
  const probe = key.length === 0 ? { key: Uint8Array.of(0) } : { key, end: directoryEnd(key) };
  const message = encodeRange({ ...probe, countOnly: true, limit: 1 });
  const answer = await ask(channel, { what: 'the first read', path: paths.range, message, signal });
  history.linearizable(decodeRangeAnswer(answer).header, seen);
}

/** Shows the credentials, if there are any, and keeps the token for the calls that follow. */
export async function logIn(
  channel: Channel,
  { credentials }: EtcdSettings,
  signal: AbortSignal,
): Promise<void> {
  if (credentials === undefined) return;
  const message = encodeAuthenticate(credentials.user, credentials.password);
  try {
    const answer = await ask(channel, { what: 'the login', path: paths.authenticate, message, signal });
    channel.setMetadata({ ...metadata, token: decodeAuthenticateAnswer(answer) });
  } catch (error) {
    // A server that asks nobody who he is takes whoever says it.
    if (!isQuorateError(error) || !/authentication is not enabled/.test(error.message)) throw error;
  }
}

interface Question {
  readonly what: string;
  readonly path: string;
  readonly message?: Uint8Array;
  readonly signal: AbortSignal;
}

async function ask(
  channel: Channel,
  { what, path, message = noMessage, signal }: Question,
): Promise<Uint8Array> {
  try {
    return await channel.unary({ path, message, timeoutMs: greetingMsMax, signal });
  } catch (error) {
    if (error instanceof CallFailure) throw judge(error, what, channel.address).error;
    throw error;
  }
}

function checkVersion(version: string, { address }: Channel): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [majorLeast, minorLeast] = versionLeast;
  if (major > majorLeast || (major === majorLeast && minor >= minorLeast)) return;
  const needed = versionLeast.join('.');
  const shown = version === '' ? 'that it does not tell' : version;
  throw new QuorateError({
    code: 'engine-too-old',
    message: `etcd at ${addressText(address)} has a version (${shown}) before ${needed}, which is needed; upgrade it`,
    data: { engine: 'etcd', version, needed },
  });
}

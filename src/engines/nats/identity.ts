/**
 * By what a stream is known again: a random word of our own, in a message that whoever opens an engine first puts
 * into it. Of several the first counts, so all agree, and a stream that was made anew has another one.
 *
 * The alternative is the date that the server tells of a stream. But with several copies it is not one date: a
 * server of 2.9.10 that was started again told one that was milliseconds older or younger than that of the others,
 * when several clients had asked for the stream at the same moment, and nothing was lost.
 */
import type { Random } from '../../ports/index.ts';
import { decodeAnswer, isNoneFound, readStoredValue, refusedError } from './answers.ts';
import type { Call } from './call.ts';
import type { Link } from './link.ts';
import { randomId } from './random-id.ts';
import { headerNames } from './stored-message.ts';
import { identitySubject } from './subjects.ts';

export interface IdentityInit {
  readonly link: Link;
  readonly random: Random;
  /** What stands before the subjects of JetStream's requests. */
  readonly api: string;
  readonly stream: string;
}

const text = new TextDecoder();

/** Finds it, or gives it one. What is found missing was missing: an acknowledged publication is proof of being up to date. */
export async function identityOf(init: IdentityInit, call: Call): Promise<string> {
  while (true) {
    const found = await findIdentity(init, call);
    if (found !== undefined) return found;
    await offerIdentity(init, call);
  }
}

/** The first that lies in the stream. */
async function findIdentity({ link, api, stream }: IdentityInit, call: Call): Promise<string | undefined> {
  const subject = `${api}.STREAM.MSG.GET.${stream}`;
  const payload = JSON.stringify({ seq: 1, next_by_subj: identitySubject(stream) });
  const { found } = await link.ask({ subject, payload, isWrite: false }, call, (bytes) => {
    const answer = decodeAnswer(bytes);
    if (answer.kind === 'done') return { found: text.decode(readStoredValue(answer.body)) };
    if (isNoneFound(answer.refusal)) return { found: undefined };
    const error = refusedError(answer.refusal, `reading the stream ${stream}`, link.address);
    if (error !== undefined) throw error;
    return undefined;
  });
  return found;
}

/** Returns when something was put there, by whomever. */
async function offerIdentity({ link, random, stream }: IdentityInit, call: Call): Promise<void> {
  const headers = { [headerNames.expectedStream]: stream };
  const question = { subject: identitySubject(stream), payload: randomId(random), headers, isWrite: false };
  await link.ask(question, call, (bytes) => {
    const answer = decodeAnswer(bytes);
    if (answer.kind === 'done') return answer;
    const error = refusedError(answer.refusal, `a publication into ${stream}`, link.address);
    if (error !== undefined) throw error;
    return undefined;
  });
}

/** The users and roles of the cluster that a verb was given, for the time of its work. */
import type { StoreSecurity } from '../client/index.ts';
import { openStore } from './endpoints.ts';
import { exitCodes, type Invocation, UsageError } from './verb.ts';

export async function withSecurity(
  invocation: Invocation,
  work: (security: StoreSecurity) => Promise<void>,
): Promise<number> {
  await using store = await openStore(invocation);
  await work(store.security);
  return exitCodes.done;
}

/** The words behind the first, which says what to do. */
export function namesOf(invocation: Invocation, names: readonly string[]): readonly string[] {
  const given = invocation.words.slice(1);
  if (given.length === names.length) return given;
  throw new UsageError(`${invocation.words[0]} needs ${names.join(' and ') || 'nothing more'}`);
}

export function unknownAction(invocation: Invocation, known: readonly string[]): UsageError {
  const [word] = invocation.words;
  const what = word === undefined ? 'what to do is missing' : `${JSON.stringify(word)} is unknown`;
  return new UsageError(`${what}; choose one of ${known.join(', ')}`);
}

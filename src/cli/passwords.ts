/**
 * Who the person at the command is. Passwords come from a file, the environment or a prompt, and never from the
 * words of the command, which every process on the machine can see.
 */
import { readFileSync } from 'node:fs';
import type { Credentials } from '../client/index.ts';
import { type Invocation, textOption, UsageError } from './verb.ts';

export const loginOptions = {
  user: { type: 'string' },
  'password-file': { type: 'string' },
} as const;

export const loginHelp = {
  user: 'who to log in as (default: $QUORATE_USER); asks for the password where it finds none',
  'password-file': 'file with the password (default: $QUORATE_PASSWORD, else a prompt)',
} as const;

/** `undefined`: nobody in particular. `asked` is what a prompt was answered with. */
export function credentialsOf(invocation: Invocation): Credentials | undefined {
  const user = userOf(invocation);
  const password = invocation.password ?? givenPassword(invocation);
  if (user === undefined) return undefined;
  if (password !== undefined) return { user, password };
  throw new UsageError(
    `there is no password for user ${user}: set QUORATE_PASSWORD, give --password-file, or use a terminal`,
  );
}

/** Asks for the password that a user was named for and nothing gives; only at a terminal. */
export async function askedPassword(invocation: Invocation): Promise<string | undefined> {
  const user = userOf(invocation);
  if (user === undefined || givenPassword(invocation) !== undefined) return undefined;
  return await prompt(`password of ${user}: `, invocation.signal);
}

/** The password that a user is to have from now on. */
export async function newPassword(invocation: Invocation, name: string): Promise<string> {
  const path = textOption(invocation, 'new-password-file');
  const given = path === undefined ? process.env['QUORATE_NEW_PASSWORD'] : readPassword(path);
  const password = given ?? (await prompt(`new password of ${name}: `, invocation.signal));
  if (password !== undefined && password !== '') return password;
  throw new UsageError(
    `there is no new password for ${name}: set QUORATE_NEW_PASSWORD, give --new-password-file, or use a terminal`,
  );
}

function userOf(invocation: Invocation): string | undefined {
  return textOption(invocation, 'user') ?? process.env['QUORATE_USER'];
}

function givenPassword(invocation: Invocation): string | undefined {
  const path = textOption(invocation, 'password-file');
  return path === undefined ? process.env['QUORATE_PASSWORD'] : readPassword(path);
}

/** The first line, without its end. */
function readPassword(path: string): string {
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/)[0] ?? '';
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`the file with the password cannot be read: ${reason}`, { cause: error });
  }
}

const enter = new Set(['\r', '\n', '\u0004']);
const erase = new Set(['\u007f', '\b']);
const interrupt = '\u0003';

/** A line that is not shown as it is typed; `undefined` where nobody sits at a terminal. */
async function prompt(words: string, signal: AbortSignal): Promise<string | undefined> {
  const { stdin, stderr } = process;
  if (!stdin.isTTY) return undefined;
  stderr.write(words);
  stdin.setRawMode(true);
  let typed = '';
  try {
    for await (const chunk of stdin.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      signal.throwIfAborted();
      for (const character of chunk.toString('utf8')) {
        if (enter.has(character)) return typed;
        if (character === interrupt) throw new UsageError('interrupted before there was a password');
        typed = erase.has(character) ? typed.slice(0, -1) : typed + character;
      }
    }
    return typed;
  } finally {
    stdin.setRawMode(false);
    stdin.pause();
    stderr.write('\n');
  }
}

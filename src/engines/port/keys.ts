/** Which keys and directories an engine takes: one rule for all of them, so that what works on one works on the next. */
import { invalidOption } from '../../base/index.ts';

const utf8 = new TextEncoder();

/** No empty part, nothing that a server gives a meaning to, no control characters. */
const partPattern = /^(?!\.{1,2}$)[^\p{Cc}\p{Cs}\uFEFF/*>\s][^\p{Cc}\p{Cs}\uFEFF/]*$/u;

/** What most keys are made of, for which the pattern above is known to hold. */
const plainPattern = /^(?:[\w][\w.:+@=-]*\/)*[\w][\w.:+@=-]*$/;
/** Of one character in UTF-8, counted in UTF-16. */
const characterBytesMax = 3;

export interface SplitKey {
  readonly directory: string;
  readonly name: string;
}

/** One part of a key, such as a name that a user gave. Throws `invalid-option`. */
export function checkName(option: string, name: string): string {
  if (partPattern.test(name)) return name;
  const expected =
    'one part of a key: not empty, no slash, no control characters, not . or .., ' +
    'not beginning with a space, * or >';
  throw invalidOption(option, name, expected);
}

export function checkDirectory(directory: string): string {
  if (plainPattern.test(directory) || directory.split('/').every((part) => partPattern.test(part)))
    return directory;
  throw invalidOption('directory', directory, "parts with slashes between them, such as 'locks/orders'");
}

/** Throws `invalid-option` for what is no `directory/name`, or has more than `bytesMax` in UTF-8. */
export function splitKey(key: string, bytesMax: number): SplitKey {
  const slash = key.lastIndexOf('/');
  if (slash <= 0) throw invalidOption('key', key, "a directory and a name, such as 'locks/orders'");
  checkDirectory(key);
  if (key.length * characterBytesMax > bytesMax) {
    const { length } = utf8.encode(key);
    if (length > bytesMax)
      throw invalidOption('key', key, `at most ${bytesMax} bytes in UTF-8; it has ${length}`);
  }
  return { directory: key.slice(0, slash), name: key.slice(slash + 1) };
}

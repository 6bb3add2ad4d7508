/**
 * Subjects of what is published, and the patterns that choose among them: words between dots. In a pattern `*`
 * stands for any one word, and `>` at the end for one or more. `orders.*.paid` fits `orders.7.paid`; `orders.>`
 * fits that too, and not `orders`.
 */
import { invalidOption } from '../../base/index.ts';

/** In bytes, which its characters are: words are printable ASCII. */
const subjectBytesMax = 255;
const word = /^[!-)+-\-/-=?-~]+$/;

export function checkSubject(subject: string): void {
  if (subject.length <= subjectBytesMax && subject.split('.').every((part) => word.test(part))) return;
  throw invalidOption(
    'subject',
    subject,
    `words of printable ASCII between dots, without * and >, of at most ${subjectBytesMax} characters`,
  );
}

export function checkPattern(pattern: string): void {
  const parts = pattern.split('.');
  const last = parts.length - 1;
  const isSound = parts.every(
    (part, place) => part === '*' || (part === '>' && place === last) || word.test(part),
  );
  if (isSound && pattern.length <= subjectBytesMax) return;
  throw invalidOption(
    'pattern',
    pattern,
    `a subject in which * may stand for a word and > for all words at the end, of at most ${subjectBytesMax} characters`,
  );
}

export function isWild(pattern: string): boolean {
  return pattern.includes('*') || pattern.endsWith('>');
}

/** `words`: the subject, cut at its dots. */
export function fits(pattern: readonly string[], words: readonly string[]): boolean {
  for (let place = 0; place < pattern.length; place += 1) {
    const part = pattern[place];
    if (part === '>') return words.length > place;
    if (place >= words.length || (part !== '*' && part !== words[place])) return false;
  }
  return pattern.length === words.length;
}

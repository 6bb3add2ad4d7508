/**
 * Values as parts of a statement. Texts take the form whose meaning no setting of the server changes: in `E'…'` a
 * backslash is always an escape, whatever `standard_conforming_strings` says.
 */
import { assert } from '../../base/index.ts';

export function textLiteral(text: string): string {
  assert(!text.includes('\0'), 'a text for PostgreSQL has no zero in it');
  return `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

export function numberLiteral(number: number): string {
  assert(Number.isSafeInteger(number), 'a number in a statement is whole');
  return String(number);
}

export function textArrayLiteral(texts: readonly string[]): string {
  return `ARRAY[${texts.map(textLiteral).join(', ')}]::text[]`;
}

/** JSON writes control characters as escapes, so there is no zero in it either. */
export function jsonLiteral(value: unknown): string {
  return `${textLiteral(JSON.stringify(value))}::jsonb`;
}

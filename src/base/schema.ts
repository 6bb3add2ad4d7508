/**
 * Values that are JSON of a shape that the caller knows: checked by a schema of whichever library the caller uses,
 * when a value is written and when it is read, since whoever wrote it may have been an older program. Any library
 * that follows the Standard Schema convention will do.
 */
import { QuorateError } from './errors.ts';

/** What a schema of any such library looks like from outside. */
export interface StandardSchema<Output> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaVerdict<Output> | Promise<SchemaVerdict<Output>>;
  };
}

export type SchemaVerdict<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Issues that an error tells; a large value may have very many. */
const issuesTold = 20;

/** What the schema makes of `value`; `value-invalid` when it does not fit. `key` is for the error. */
export async function checked<Output>(
  schema: StandardSchema<Output>,
  value: unknown,
  key: string,
): Promise<Output> {
  const verdict = await schema['~standard'].validate(value);
  if (verdict.issues === undefined) return verdict.value;
  throw invalid(key, verdict.issues);
}

/** The value that `text` stands for; `value-invalid` when it is not JSON. */
export function parsed(text: string, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(key, [{ message: `not JSON: ${(cause as Error).message}` }], cause);
  }
}

/** The JSON text of `value`; `value-invalid` when there is none. */
export function jsonText(value: unknown, key: string): string {
  let text: unknown;
  let cause: unknown;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    cause = error;
  }
  if (typeof text === 'string') return text;
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  throw invalid(key, [{ message: `JSON cannot express ${typeof value}${why}` }], cause);
}

function invalid(key: string, found: readonly SchemaIssue[], cause?: unknown): QuorateError<'value-invalid'> {
  const issues = found
    .slice(0, issuesTold)
    .map(({ message, path = [] }) => ({ message, path: path.map(segmentOf).join('.') }));
  const told = issues.map(({ message, path }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
  return new QuorateError({
    code: 'value-invalid',
    message: `the value of ${JSON.stringify(key)} does not fit its schema: ${told}; write one that fits, or read it without a schema`,
    data: { key, issues },
    cause,
  });
}

function segmentOf(segment: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof segment === 'object' ? segment.key : segment);
}

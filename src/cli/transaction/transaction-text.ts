/** What was typed or piped in, in either form, as the request that a store takes. */
import { UsageError } from '../verb.ts';
import { parseStatement } from './grammar.ts';
import { statementFromJson } from './json-form.ts';
import type { Statement } from './statement.ts';

/** Throws a `UsageError` that names the line, or the field, and what was expected there. */
export function transactionFrom(text: string): Statement {
  const statement = text.trimStart().startsWith('{') ? statementFromJson(text) : parseStatement(text);
  const { when = [], onSuccess = [], onFailure = [] } = statement.request;
  if (when.length + onSuccess.length + onFailure.length === 0)
    throw new UsageError('the transaction is empty; write at least a step, such as: then put greeting hello');
  return statement;
}

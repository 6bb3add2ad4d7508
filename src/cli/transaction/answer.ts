/** What a transaction answered: a line a step for people, one document for programs. */
import type { TransactionAnswer, TransactionResult } from '../../client/index.ts';
import { entryDocument } from '../entry-document.ts';

export function answerLines({ succeeded, revision, results }: TransactionAnswer): string[] {
  const branch = succeeded ? 'then' : 'else';
  return [`${branch} at revision ${revision}`, ...results.flatMap(resultLines)];
}

function resultLines(result: TransactionResult): string[] {
  switch (result.kind) {
    case 'put':
      return ['put'];
    case 'delete':
      return [`del ${result.count}`];
    case 'get': {
      const entries = result.entries.map(({ key, text }) => `${key}\t${text}`);
      return [`get ${entries.length}${result.more ? ', and there is more' : ''}`, ...entries];
    }
    case 'append':
      return [`append ${result.key}`];
    case 'add':
      return [`add ${result.after}, from ${result.before}`];
  }
}

export function answerDocument({ succeeded, revision, results }: TransactionAnswer): object {
  return { succeeded, revision, results: results.map(resultDocument) };
}

function resultDocument(result: TransactionResult): object {
  switch (result.kind) {
    case 'put':
      return { kind: 'put' };
    case 'delete':
      return { kind: 'del', deleted: result.count };
    case 'get': {
      const { more, entries } = result;
      return { kind: 'get', more, entries: entries.map((entry) => entryDocument(entry)) };
    }
    case 'append':
      return { kind: 'append', key: result.key };
    case 'add':
      return { kind: 'add', before: result.before, after: result.after };
  }
}

/**
 * The same transactions as JSON, for programs:
 *
 *     {"holding": [{"key": "lock", "token": 7}],
 *      "when": [{"absent": {"key": "a"}}, {"version": {"key": "b"}, "is": "=", "to": 3}],
 *      "then": [{"put": {"key": "a"}, "value": "1"}, {"get": {"prefix": "b/"}}, {"add": {"key": "n"}, "amount": 1}],
 *      "else": [{"del": {"key": "a"}}]}
 *
 * Nothing is guessed: a field that is not known is refused, because it would have meant something to whoever
 * wrote it. Values that are no text come as `valueBase64`, `toBase64`.
 */
import type { Condition, TransactionOperation } from '../../client/index.ts';
import { UsageError } from '../verb.ts';
import {
  addStep,
  appendStep,
  type Keys,
  type NumberField,
  numberTargets,
  operators,
  putStep,
  type Statement,
} from './statement.ts';

type Fields = Readonly<Record<string, unknown>>;

const numberFields = Object.keys(numberTargets) as NumberField[];

export function statementFromJson(text: string): Statement {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`the transaction is not JSON: ${(cause as Error).message}`, { cause });
  }
  const fields = object(parsed, 'the transaction', ['holding', 'when', 'then', 'else']);
  const fences = list(fields, 'holding').map((hold, place) => {
    const at = `holding[${place}]`;
    const { key, token } = object(hold, at, ['key', 'token']);
    return { key: someText(key, `${at}.key`), token: whole(token, `${at}.token`) };
  });
  const when = list(fields, 'when').map((value, place) => condition(value, `when[${place}]`));
  const onSuccess = list(fields, 'then').map((value, place) => step(value, `then[${place}]`));
  const onFailure = list(fields, 'else').map((value, place) => step(value, `else[${place}]`));
  return { request: { when, onSuccess, onFailure }, fences };
}

function condition(value: unknown, at: string): Condition {
  const kinds = ['exists', 'absent', 'live', 'value', ...numberFields] as const;
  const fields = object(value, at, [...kinds, 'is', 'to', 'toBase64']);
  const kind = one(fields, kinds, at);
  const subject = fields[kind];
  if (kind === 'live') {
    only(fields, [kind], at);
    return { target: 'lease-live', lease: whole(subject, `${at}.${kind}`) };
  }
  const keys = keysOf(subject, `${at}.${kind}`);
  if (kind === 'exists' || kind === 'absent') {
    only(fields, [kind], at);
    return { target: kind, keys };
  }
  const operator = operators.get(String(fields['is']));
  if (operator === undefined) throw wrong(`${at}.is`, fields['is'], 'one of =, !=, < and >');
  if (kind === 'value') return { target: kind, keys, operator, value: bytes(fields, 'to', at) };
  only(fields, [kind, 'is', 'to'], at);
  return { target: numberTargets[kind], keys, operator, number: whole(fields['to'], `${at}.to`) };
}

function step(value: unknown, at: string): TransactionOperation {
  const kinds = ['put', 'get', 'del', 'append', 'add'] as const;
  const known = ['value', 'valueBase64', 'lease', 'suffix', 'amount', 'least', 'most'];
  const fields = object(value, at, [...kinds, ...known]);
  const kind = one(fields, kinds, at);
  const keys = keysOf(fields[kind], `${at}.${kind}`);
  const lease = optional(fields, 'lease', at, whole);
  switch (kind) {
    case 'get':
    case 'del':
      only(fields, [kind], at);
      return { kind: kind === 'get' ? 'get' : 'delete', keys };
    case 'put':
      only(fields, [kind, 'value', 'valueBase64', 'lease'], at);
      return putStep({ key: oneKey(keys, kind, at), value: bytes(fields, 'value', at), lease });
    case 'append': {
      only(fields, [kind, 'value', 'valueBase64', 'suffix', 'lease'], at);
      if (typeof keys === 'string') throw wrong(`${at}.append`, fields[kind], '{"prefix": …}');
      const suffix = optional(fields, 'suffix', at, anyText);
      return appendStep({ prefix: keys.prefix, value: bytes(fields, 'value', at), suffix, lease });
    }
    case 'add': {
      only(fields, [kind, 'amount', 'least', 'most', 'lease'], at);
      const amount = integer(fields['amount'], `${at}.amount`);
      const [least, most] = [optional(fields, 'least', at, integer), optional(fields, 'most', at, integer)];
      return addStep({ key: oneKey(keys, kind, at), amount, least, most, lease });
    }
  }
}

function oneKey(keys: Keys, kind: string, at: string): string {
  if (typeof keys === 'string') return keys;
  throw wrong(`${at}.${kind}`, keys, 'one key, as in {"key": "a"}');
}

function optional<T>(
  fields: Fields,
  name: string,
  at: string,
  read: (value: unknown, at: string) => T,
): T | undefined {
  return fields[name] === undefined ? undefined : read(fields[name], `${at}.${name}`);
}

function keysOf(value: unknown, at: string): Keys {
  const { key, prefix } = object(value, at, ['key', 'prefix']);
  if (key !== undefined && prefix === undefined) return someText(key, `${at}.key`);
  if (key === undefined && typeof prefix === 'string') return { prefix };
  throw wrong(at, value, '{"key": …} or {"prefix": …}');
}

function one<Name extends string>(fields: Fields, names: readonly Name[], at: string): Name {
  const [name, ...more] = names.filter((candidate) => fields[candidate] !== undefined);
  if (name === undefined || more.length > 0) throw wrong(at, fields, `exactly one of ${names.join(', ')}`);
  return name;
}

function only(fields: Fields, names: readonly string[], at: string): void {
  const strange = Object.keys(fields).find((name) => !names.includes(name));
  if (strange !== undefined)
    throw new UsageError(`${at}.${strange} means nothing here; beside ${names[0]} leave it out`);
}

function object(value: unknown, at: string, names: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(at, value, 'an object');
  const strange = Object.keys(value).find((name) => !names.includes(name));
  if (strange === undefined) return value as Fields;
  throw new UsageError(
    `${at} has a field ${JSON.stringify(strange)}, but only ${names.join(', ')} are known`,
  );
}

function list(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name] ?? [];
  if (Array.isArray(value)) return value;
  throw wrong(name, value, 'a list');
}

function bytes(fields: Fields, name: string, at: string): string | Uint8Array {
  const [text, encoded] = [fields[name], fields[`${name}Base64`]];
  if (typeof text === 'string' && encoded === undefined) return text;
  if (typeof encoded === 'string' && text === undefined && /^[\w+/-]*={0,2}$/.test(encoded))
    return new Uint8Array(Buffer.from(encoded, 'base64'));
  throw wrong(`${at}.${name}`, text ?? encoded, `a text, or base64 as ${name}Base64`);
}

function someText(value: unknown, at: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(at, value, 'a text of at least one byte');
}

function anyText(value: unknown, at: string): string {
  if (typeof value === 'string') return value;
  throw wrong(at, value, 'a text');
}

function integer(value: unknown, at: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw wrong(at, value, 'a whole number, which may be below 0');
}

function whole(value: unknown, at: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(at, value, 'a whole number');
}

function wrong(at: string, value: unknown, expected: string): UsageError {
  return new UsageError(`${at} is ${JSON.stringify(value) ?? 'missing'}, but must be ${expected}`);
}

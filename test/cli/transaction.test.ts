/** The language of transactions: what is written twice, as text and as JSON, is one request; mistakes are named by place. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { transactionFrom } from '../../src/cli/transaction/index.ts';
import { UsageError } from '../../src/cli/verb.ts';

const pairs: readonly (readonly [name: string, text: string, json: string])[] = [
  [
    'every condition',
    `when exists a and absent prefix b/
     and live 7
     and value c = "two words"
     and version prefix d > 1 and created e != 2
     and modified f < 3 and lease g = 0
     then get a`,
    `{"when": [{"exists": {"key": "a"}}, {"absent": {"prefix": "b/"}}, {"live": 7},
       {"value": {"key": "c"}, "is": "=", "to": "two words"}, {"version": {"prefix": "d"}, "is": ">", "to": 1},
       {"created": {"key": "e"}, "is": "!=", "to": 2}, {"modified": {"key": "f"}, "is": "<", "to": 3},
       {"lease": {"key": "g"}, "is": "=", "to": 0}],
      "then": [{"get": {"key": "a"}}]}`,
  ],
  [
    'every step, in both branches',
    'then put a 1; put b "" lease 4\n del prefix ""\nelse get prefix c/; del d',
    `{"then": [{"put": {"key": "a"}, "value": "1"}, {"put": {"key": "b"}, "valueBase64": "", "lease": 4},
       {"del": {"prefix": ""}}], "else": [{"get": {"prefix": "c/"}}, {"del": {"key": "d"}}]}`,
  ],
  [
    'appends and counters',
    'then append q/ one; append "" two suffix -a lease 4\n append q/ "" suffix ""; add n -3 least -9 most 9; add m 1 lease 4',
    `{"then": [{"append": {"prefix": "q/"}, "value": "one"},
       {"append": {"prefix": ""}, "value": "two", "suffix": "-a", "lease": 4},
       {"append": {"prefix": "q/"}, "valueBase64": "", "suffix": ""},
       {"add": {"key": "n"}, "amount": -3, "least": -9, "most": 9},
       {"add": {"key": "m"}, "amount": 1, "lease": 4}]}`,
  ],
  [
    'what is held',
    'holding lock 7 and "other lock" 8 then put a b',
    `{"holding": [{"key": "lock", "token": 7}, {"key": "other lock", "token": 8}],
      "then": [{"put": {"key": "a"}, "value": "b"}]}`,
  ],
  [
    'quotes and comments: words of the language as keys, operators in values',
    'then put "prefix" a=b#c # not this\n get "then"\n put "\\u00e4\\n" "x;y"',
    `{"then": [{"put": {"key": "prefix"}, "value": "a=b#c"}, {"get": {"key": "then"}},
       {"put": {"key": "ä\\n"}, "value": "x;y"}]}`,
  ],
];

for (const [name, text, json] of pairs) {
  test(`text and JSON say the same: ${name}`, () => {
    assert.deepEqual(inBytes(transactionFrom(text)), inBytes(transactionFrom(json)));
  });
}

/** A text and its bytes are one value. */
function inBytes({ request, fences }: ReturnType<typeof transactionFrom>): unknown {
  const plain = <T>(steps: readonly T[] = []): unknown[] =>
    steps.map((step) => {
      const { value, ...rest } = step as { value?: Uint8Array | string };
      return value === undefined ? rest : { ...rest, value: Buffer.from(value).toString('hex') };
    });
  return {
    fences,
    when: plain(request.when),
    onSuccess: plain(request.onSuccess),
    onFailure: plain(request.onFailure),
  };
}

test('the grammar on the page is the one above the parser, and the JSON on it is taken', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/command.md'), 'utf8');
  const source = readFileSync(join(import.meta.dirname, '../../src/cli/transaction/grammar.ts'), 'utf8');
  const [, grammar = ''] = /```text\n(transaction = .*?)```/s.exec(page) ?? [];
  assert(grammar.length > 0);
  for (const line of grammar.trimEnd().split('\n')) assert(source.includes(line), line);
  const [, json = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
  assert.equal(transactionFrom(json).request.when?.length, 3);
});

test('a value of bytes comes as base64', () => {
  const { request } = transactionFrom('{"then": [{"put": {"key": "a"}, "valueBase64": "AP8="}]}');
  const [step] = request.onSuccess ?? [];
  assert(step?.kind === 'put');
  assert.deepEqual([...Buffer.from(step.value)], [0, 255]);
});

const mistakes: readonly (readonly [text: string, message: RegExp])[] = [
  ['', /the transaction is empty/],
  ['put a b', /line 1 .* expected holding, when, then, else in this order.*"put"/],
  ['when\n then get a', /line 2 .* expected a condition, which "then" is not/],
  ['when version a = x then get a', /expected a whole number, but found "x"/],
  ['when version a=3', /an operator with spaces around it.*but found the end/],
  ['when absent a\nthen put b', /line 2 .* expected a value, but found the end/],
  ['then\n\nput a b c', /line 3 .* a line end or ';' behind this step, but found "c"/],
  ['then put "" b', /a key of at least one byte/],
  ['then move a b', /a step, which "move" is not/],
  ['then add a', /line 1 .* expected an amount, but found the end/],
  ['then add a 1.5', /expected an amount, but found "1.5"/],
  ['then add a 1 most 2 least 0', /a line end or ';' behind this step, but found "least"/],
  ['then append q/', /line 1 .* expected a value, but found the end/],
  ['then put a "b', /line 1: the quote before "b" is not closed/],
  ['then put a "\\q"', /an escape that JSON does not know/],
  ['then get a\nthen get b', /in this order, each once, but found "then"/],
  ['{"then": [', /the transaction is not JSON/],
  ['{"than": []}', /has a field "than", but only holding, when, then, else are known/],
  ['{"then": [{"put": {"key": "a"}}]}', /then\[0\]\.value is missing, but must be a text, or base64/],
  ['{"then": [{"get": {"key": "a"}, "value": "b"}]}', /then\[0\]\.value means nothing here/],
  ['{"then": [{"put": {"prefix": "a"}, "value": "b"}]}', /then\[0\]\.put .* must be one key/],
  ['{"then": [{"get": {"key": "a"}, "del": {"key": "a"}}]}', /exactly one of put, get, del, append, add/],
  ['{"then": [{"append": {"key": "a"}, "value": "b"}]}', /then\[0\]\.append .* must be \{"prefix"/],
  ['{"then": [{"append": {"prefix": "a"}, "value": "b", "suffix": 1}]}', /suffix is 1, but must be a text/],
  ['{"then": [{"add": {"prefix": "a"}, "amount": 1}]}', /then\[0\]\.add .* must be one key/],
  ['{"then": [{"add": {"key": "a"}}]}', /then\[0\]\.amount is missing, but must be a whole number/],
  ['{"then": [{"add": {"key": "a"}, "amount": 1, "value": "b"}]}', /then\[0\]\.value means nothing here/],
  ['{"then": [{"put": {"key": "a"}, "value": "b", "amount": 1}]}', /then\[0\]\.amount means nothing here/],
  ['{"when": [{"version": {"key": "a"}, "is": "~", "to": 1}]}', /when\[0\]\.is is "~", but must be one of =/],
  ['{"when": [{"live": -1}]}', /when\[0\]\.live is -1, but must be a whole number/],
  ['{"when": [{"exists": {"key": "a"}, "to": 1}]}', /when\[0\]\.to means nothing here/],
];

for (const [text, message] of mistakes) {
  test(`a mistake is named: ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => transactionFrom(text),
      (error: unknown) => error instanceof UsageError && message.test(error.message),
    );
  });
}

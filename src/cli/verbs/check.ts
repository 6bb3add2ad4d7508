/** `quorate check`: judges a recorded history. */
import { readFile } from 'node:fs/promises';
import {
  type ConsistencyLevel,
  checkHistory,
  explainVerdict,
  type ModelName,
  parseHistory,
} from '../../sim/index.ts';
import { choiceOption, exitCodes, type Invocation, UsageError, type Verb, wordsOf } from '../verb.ts';

const models: readonly ModelName[] = ['register', 'list-append', 'lock', 'counter'];
const levels: readonly ConsistencyLevel[] = ['linearizable', 'sequential', 'causal', 'session'];

export const check: Verb = {
  name: 'check',
  words: 'FILE',
  summary: 'Judges a history of what clients saw',
  options: {
    model: { type: 'string' },
    level: { type: 'string' },
    'locks-expire': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  help: {
    model: `what the keys are: ${models.join(', ')} (default register)`,
    level: `what was promised: ${levels.join(', ')} (default linearizable)`,
    'locks-expire': 'locks end by time too, so only tokens and guarded writes are judged',
    json: 'the verdict as one JSON document',
  },
  choices: { model: models, level: levels },
  examples: [
    { run: 'quorate check history.jsonl', what: 'exit code 1 when it is not linearizable' },
    {
      run: 'quorate check transfers.jsonl --model list-append --level sequential --json',
      what: 'another model, another promise',
    },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [file = ''] = wordsOf(invocation, 1, 'FILE');
  const model = choiceOption(invocation, 'model', models, 'register');
  const level = choiceOption(invocation, 'level', levels, 'linearizable');
  const history = parseHistory(await textOf(file));
  const verdict = checkHistory(history, {
    model,
    level,
    locksExpire: invocation.options['locks-expire'] === true,
  });
  if (invocation.options['json'] === true) {
    invocation.out(JSON.stringify({ file, model, level, operations: history.operations.length, ...verdict }));
  } else if (verdict.verdict === 'valid') {
    invocation.out(`valid: ${history.operations.length} operations are ${level} as ${model}`);
  } else {
    invocation.out(explainVerdict(verdict));
  }
  return verdict.verdict === 'valid' ? exitCodes.done : exitCodes.failed;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(
      `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

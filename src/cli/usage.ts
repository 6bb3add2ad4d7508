/** The help texts: what verbs there are, and for each verb its options and examples to copy. */
import type { Example, Verb } from './verb.ts';

export function commandHelp(verbs: readonly Verb[]): string {
  const width = Math.max(...verbs.map((verb) => signature(verb).length));
  const rows = verbs.map((verb) => `  ${signature(verb).padEnd(width)}  ${verb.summary}`);
  return ['usage: quorate VERB …', '', ...rows, '', 'quorate VERB --help tells more, by example.', ''].join(
    '\n',
  );
}

export function verbHelp(verb: Verb): string {
  const parts = [`usage: quorate ${signature(verb)}`, '', `${verb.summary}.`, ''];
  if (verb.about !== undefined) parts.push(verb.about, '');
  const names = Object.keys(verb.options);
  if (names.length > 0) parts.push('options:', ...names.map((name) => optionRow(verb, name)), '');
  parts.push('examples:', ...exampleRows(verb.examples), '');
  return parts.join('\n');
}

/** What follows a mistake: short, so that the mistake is still on the screen. */
export function usageHint(verb: Verb): string {
  return `usage: quorate ${signature(verb)}; quorate ${verb.name} --help tells more, by example`;
}

/** What stands behind an option's name; a choice shows itself in its help. */
function optionRow({ options, help }: Verb, name: string): string {
  const shown = options[name]?.type === 'string' ? `--${name} …` : `--${name}`;
  return `  ${shown.padEnd(20)}${help[name] ?? ''}`;
}

/** Explanations stand behind the commands, one below the other where the commands are short. */
function exampleRows(examples: readonly Example[]): string[] {
  const explained = examples.flatMap((example) => (typeof example === 'string' ? [] : [example.run.length]));
  const width = Math.min(64, Math.max(0, ...explained));
  return examples.map((example) =>
    typeof example === 'string' ? `  ${example}` : `  ${example.run.padEnd(width)}  # ${example.what}`,
  );
}

function signature({ name, words }: Verb): string {
  return words === '' ? name : `${name} ${words}`;
}

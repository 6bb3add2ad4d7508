/** The help texts: what verbs there are, and for each verb its options and examples to copy. */
import type { Verb } from './verb.ts';

export function commandHelp(verbs: readonly Verb[]): string {
  const width = Math.max(...verbs.map((verb) => signature(verb).length));
  const rows = verbs.map((verb) => `  ${signature(verb).padEnd(width)}  ${verb.summary}`);
  return ['usage: quorate VERB …', '', ...rows, '', 'quorate VERB --help tells more, by example.', ''].join(
    '\n',
  );
}

export function verbHelp(verb: Verb): string {
  const rows = Object.entries(verb.options).map(([name, { type }]) => {
    const shown = type === 'string' ? `--${name} …` : `--${name}`;
    return `  ${shown.padEnd(20)}${verb.help[name] ?? ''}`;
  });
  const examples = verb.examples.map((example) => `  ${example}`);
  const parts = [`usage: quorate ${signature(verb)}`, '', `${verb.summary}.`, ''];
  if (rows.length > 0) parts.push('options:', ...rows, '');
  if (examples.length > 0) parts.push('examples:', ...examples, '');
  return parts.join('\n');
}

function signature({ name, words }: Verb): string {
  return words === '' ? name : `${name} ${words}`;
}

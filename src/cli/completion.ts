/**
 * What a shell proposes behind `quorate`: verbs, their options, and the words that an option takes, made of the
 * same table as the help, so that none can be missing.
 */
import type { Verb } from './verb.ts';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function completionScript(shell: Shell, verbs: readonly Verb[]): string {
  return scripts[shell](verbs);
}

const scripts: Readonly<Record<Shell, (verbs: readonly Verb[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

interface OptionRow {
  readonly name: string;
  readonly help: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

function optionsOf(verb: Verb): OptionRow[] {
  const rows = Object.entries(verb.options).map(([name, { type }]) => ({
    name,
    help: verb.help[name] ?? '',
    takesValue: type === 'string',
    choices: verb.choices?.[name] ?? [],
  }));
  return [...rows, { name: 'help', help: 'explains the verb by example', takesValue: false, choices: [] }];
}

/** What may stand behind the verb itself. */
function wordsOf(verb: Verb): readonly string[] {
  return verb.choices?.[''] ?? [];
}

/** Where nothing of ours fits, bash proposes files. */
function bashScript(verbs: readonly Verb[]): string {
  const values = verbs.flatMap((verb) =>
    optionsOf(verb).flatMap(({ name, choices }) =>
      choices.length === 0 ? [] : [`    '${verb.name} --${name}') words='${choices.join(' ')}' ;;`],
    ),
  );
  const options = verbs.map((verb) => {
    const names = optionsOf(verb).map(({ name }) => `--${name}`);
    return `    '${verb.name} -'*) words='${names.join(' ')}' ;;`;
  });
  const words = verbs.flatMap((verb) =>
    wordsOf(verb).length === 0 ? [] : [`    '${verb.name} '*) words='${wordsOf(verb).join(' ')}' ;;`],
  );
  return [
    '# quorate completion for bash; in ~/.bashrc: source <(quorate completion bash)',
    '_quorate() {',
    `  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"`,
    `  local verb="\${COMP_WORDS[1]}" words=`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words='${verbs.map(({ name }) => name).join(' ')}'`,
    '  else',
    '    case "$verb $previous" in',
    ...values,
    '    esac',
    '    [ -n "$words" ] || case "$verb $current" in',
    ...options,
    ...words,
    '    esac',
    '  fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _quorate quorate',
    '',
  ].join('\n');
}

function zshScript(verbs: readonly Verb[]): string {
  const names = verbs.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = verbs.map((verb) => {
    const words = wordsOf(verb);
    const rest = words.length === 0 ? '*:file:_files' : `1:what:(${words.join(' ')})`;
    const specs = [rest, ...optionsOf(verb).map(zshOption)].map((spec) => `      ${quoted(spec)}`);
    return [`    ${verb.name}) _arguments \\`, specs.join(' \\\n'), '      ;;'].join('\n');
  });
  return [
    '#compdef quorate',
    '# quorate completion for zsh; in ~/.zshrc, behind compinit: source <(quorate completion zsh)',
    '_quorate() {',
    '  local -a verbs',
    '  verbs=(',
    ...names,
    '  )',
    '  if (( CURRENT == 2 )); then',
    "    _describe 'verb' verbs",
    '    return',
    '  fi',
    '  shift words',
    '  (( CURRENT -= 1 ))',
    '  case "$words[1]" in',
    ...cases,
    '  esac',
    '}',
    'compdef _quorate quorate',
    '',
  ].join('\n');
}

function zshOption({ name, help, takesValue, choices }: OptionRow): string {
  const shown = help.replaceAll(/[[\]\\:]/g, (sign) => `\\${sign}`);
  const head = `--${name}[${shown}]`;
  if (choices.length > 0) return `${head}:${name}:(${choices.join(' ')})`;
  return takesValue ? `${head}:${name}:_files` : head;
}

function fishScript(verbs: readonly Verb[]): string {
  const lines = verbs.flatMap((verb) => {
    const behind = `complete -c quorate -n '__fish_seen_subcommand_from ${verb.name}'`;
    const words = wordsOf(verb);
    return [
      `complete -c quorate -n __fish_use_subcommand -f -a ${verb.name} -d ${fishQuoted(verb.summary)}`,
      ...(words.length === 0 ? [] : [`${behind} -f -a '${words.join(' ')}'`]),
      ...optionsOf(verb).map(({ name, help, takesValue, choices }) => {
        const value = choices.length > 0 ? ` -x -a '${choices.join(' ')}'` : takesValue ? ' -r' : '';
        return `${behind} -l ${name}${value} -d ${fishQuoted(help)}`;
      }),
    ];
  });
  const head =
    '# quorate completion for fish: quorate completion fish > ~/.config/fish/completions/quorate.fish';
  return `${[head, ...lines].join('\n')}\n`;
}

/** For bash and zsh: between single quotes nothing is special but the quote. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

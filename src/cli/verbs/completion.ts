/** `quorate completion`: the script with which a shell completes verbs and options. */
import { completionScript, shells } from '../completion.ts';
import { choiceOf, exitCodes, type Invocation, type Verb, wordsOf } from '../verb.ts';
import { allVerbs } from './index.ts';

export const completion: Verb = {
  name: 'completion',
  words: shells.join('|'),
  summary: 'Prints what a shell needs to complete verbs and options',
  options: {},
  help: {},
  choices: { '': shells },
  examples: [
    { run: 'source <(quorate completion bash)', what: 'in ~/.bashrc' },
    { run: 'source <(quorate completion zsh)', what: 'in ~/.zshrc, behind compinit' },
    { run: 'quorate completion fish > ~/.config/fish/completions/quorate.fish', what: 'once' },
  ],
  run,
};

async function run(invocation: Invocation): Promise<number> {
  const [shell = ''] = wordsOf(invocation, 1, `one of ${shells.join(', ')}`);
  invocation.out(completionScript(choiceOf('the shell', shell, shells), await allVerbs()).trimEnd());
  return exitCodes.done;
}

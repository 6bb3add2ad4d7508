/** `quorate completion`: the script with which a shell completes verbs and options. */
import { completionScript, shells } from '../completion.ts';
import { choiceOf, exitCodes, type Verb, wordsOf } from '../verb.ts';

/** It tells of all verbs, itself among them, so it is given where they come from. */
export function completionOf(allVerbs: () => Promise<Verb[]>): Verb {
  return {
    name: 'completion',
    words: shells.join('|'),
    summary: 'Prints what a shell needs to complete verbs and options',
    options: {},
    help: {},
    choices: { '': shells },
    examples: [
      { run: 'quorate completion fish > ~/.config/fish/completions/quorate.fish', what: 'once' },
      { run: 'source <(quorate completion bash)', what: 'in ~/.bashrc' },
      { run: 'source <(quorate completion zsh)', what: 'in ~/.zshrc, behind compinit' },
    ],
    run: async (invocation) => {
      const [shell = ''] = wordsOf(invocation, 1, `one of ${shells.join(', ')}`);
      invocation.out(completionScript(choiceOf('the shell', shell, shells), await allVerbs()).trimEnd());
      return exitCodes.done;
    },
  };
}

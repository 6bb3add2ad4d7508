/** What shells propose: asked of a real bash, and for the others held against the table of verbs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { allVerbs } from '../../src/cli/verbs/index.ts';
import { runHere } from './command.ts';

async function scriptFor(shell: string): Promise<string> {
  const { code, stdout } = await runHere(['completion', shell]);
  assert.equal(code, 0);
  return stdout;
}

/** What bash proposes when the last word is being written. */
function proposed(script: string, ...words: string[]): string[] {
  const asked = `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _quorate; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const printed = execFileSync('bash', ['-c', asked, 'bash', 'quorate', ...words], { encoding: 'utf8' });
  return printed.split('\n').filter((line) => line !== '');
}

test('bash proposes verbs, options, and what an option or a verb takes', async () => {
  const script = await scriptFor('bash');
  assert.deepEqual(proposed(script, 'w'), ['watch', 'wal']);
  assert.deepEqual(proposed(script, 'get', '--pr'), ['--prefix']);
  assert.deepEqual(proposed(script, 'get', '--consistency', ''), ['strong', 'session', 'stale']);
  assert.deepEqual(proposed(script, 'bench', 'm'), ['mixed']);
  assert.deepEqual(proposed(script, 'completion', ''), ['bash', 'zsh', 'fish']);
  assert.deepEqual(proposed(script, 'check', 'hist'), [], 'files are left to bash');
  for (const verb of await allVerbs()) {
    const wanted = [...Object.keys(verb.options), 'help'].map((name) => `--${name}`);
    assert.deepEqual(proposed(script, verb.name, '--').sort(), wanted.sort(), verb.name);
  }
});

test('zsh and fish are told of every verb and option, in quotes that end', async () => {
  const [zsh, fish] = [await scriptFor('zsh'), await scriptFor('fish')];
  for (const verb of await allVerbs()) {
    assert(zsh.includes(`    ${verb.name}) _arguments`), verb.name);
    for (const name of Object.keys(verb.options)) {
      assert(zsh.includes(`'--${name}[`), `zsh: ${verb.name} --${name}`);
      assert(fish.includes(`seen_subcommand_from ${verb.name}' -l ${name} `), `fish: ${verb.name} --${name}`);
    }
  }
  // Bash reads zsh's words as zsh does: a quote that is left open is an error to both.
  execFileSync('bash', ['-n', '-c', zsh.replaceAll(/\(\(.*\)\)/g, 'true')]);
});

test('another shell is a wrong use', async () => {
  const { code, stderr } = await runHere(['completion', 'tcsh']);
  assert.equal(code, 2);
  assert.match(stderr, /the shell is "tcsh", but must be one of bash, zsh, fish/);
});

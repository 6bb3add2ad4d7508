/** The commands that documents tell people to type, held against what the repository has. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fencesOf, proseOf } from './markdown.ts';

/** npm scripts, verbs and program files that the document names, in its shell blocks and in inline code, and that do not exist. */
export function unknownCommands(markdown: string, scripts: ReadonlySet<string>, root: string): string[] {
  const shell = fencesOf(markdown).filter(({ language }) => language === 'sh');
  const inline = [...proseOf(markdown).matchAll(/`([^`]+)`/g)].map(([, code]) => code as string);
  const unknown: string[] = [];
  for (const text of [...shell.map((fence) => fence.text), ...inline]) {
    for (const [command, run, short] of text.matchAll(/npm (?:run (?:-s )?(\w[\w:-]*)|(test|start)\b)/g)) {
      if (!scripts.has((run ?? short) as string)) unknown.push(command);
    }
    for (const [command, verb] of text.matchAll(/npm run -s quorate -- (\w+)/g)) {
      if (!existsSync(join(root, `src/cli/verbs/${verb}.ts`))) unknown.push(command);
    }
    for (const [command, path] of text.matchAll(/(?:node|bash) ((?:tools|bench|examples|\.ci)\/[\w./-]+)/g)) {
      if (!existsSync(join(root, path as string))) unknown.push(command);
    }
  }
  return unknown;
}

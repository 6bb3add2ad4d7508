/** Links between our own documents and files: each must lead to something, and an anchor to a heading. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { anchorsOf, linksOf } from './markdown.ts';

/** The links of the document at `path` that lead nowhere. What lies on other machines is not followed. */
export function brokenLinks(path: string, root: string): string[] {
  const markdown = readFileSync(join(root, path), 'utf8');
  return linksOf(markdown)
    .filter(({ target }) => !/^[a-z][a-z+.-]*:/.test(target) && !leadsSomewhere(path, target, root))
    .map(({ target, line }) => `${path}:${line}: ${target}`);
}

function leadsSomewhere(path: string, target: string, root: string): boolean {
  const [file = '', anchor] = target.split('#');
  const destination = file === '' ? join(root, path) : join(root, dirname(path), file);
  if (!existsSync(destination)) return false;
  if (anchor === undefined) return true;
  return anchorsOf(readFileSync(destination, 'utf8')).includes(anchor);
}

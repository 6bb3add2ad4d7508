/**
 * As much of Markdown as our documents use: fenced blocks, links and headings, each with its line, so that
 * a failure leads to the place in the document. What cannot be read for certain is an error.
 */

interface Fence {
  readonly language: string;
  /** What follows the language on the opening line. */
  readonly marks: readonly string[];
  /** The line of the document on which the text begins, from 1. */
  readonly line: number;
  readonly text: string;
}

interface Link {
  readonly target: string;
  readonly line: number;
}

interface Split {
  readonly fences: readonly Fence[];
  /** The document with its fenced lines emptied, so that line numbers stay. */
  readonly prose: readonly string[];
}

export function fencesOf(markdown: string): readonly Fence[] {
  return split(markdown).fences;
}

/** The prose with fenced blocks emptied: inline code is still in it. */
export function proseOf(markdown: string): string {
  return split(markdown).prose.join('\n');
}

export function linksOf(markdown: string): Link[] {
  const links: Link[] = [];
  for (const [index, text] of split(markdown).prose.entries()) {
    const withoutCode = text.replaceAll(/`[^`]*`/g, '');
    for (const [, inline, reference] of withoutCode.matchAll(/\]\(([^)\s]+)[^)]*\)|^\[[^\]]+\]:\s*(\S+)/g)) {
      links.push({ target: (inline ?? reference) as string, line: index + 1 });
    }
  }
  return links;
}

/** The anchors of the headings, as they are made when the document is shown: lower case, words joined by hyphens. */
export function anchorsOf(markdown: string): string[] {
  const seen = new Map<string, number>();
  const anchors: string[] = [];
  for (const line of split(markdown).prose) {
    const heading = /^#{1,6}\s+(.*)$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const anchor = heading
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    const repeats = seen.get(anchor) ?? 0;
    seen.set(anchor, repeats + 1);
    anchors.push(repeats === 0 ? anchor : `${anchor}-${repeats}`);
  }
  return anchors;
}

function split(markdown: string): Split {
  const fences: Fence[] = [];
  const prose: string[] = [];
  let open: { readonly info: readonly string[]; readonly line: number; readonly lines: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const mark = /^\s*```(.*)$/.exec(line)?.[1]?.trim();
    if (open === undefined) {
      if (mark !== undefined) open = { info: mark.split(/\s+/), line: index + 2, lines: [] };
      prose.push(mark === undefined ? line : '');
      continue;
    }
    prose.push('');
    if (mark === undefined) open.lines.push(line);
    else if (mark === '') {
      const [language = '', ...marks] = open.info;
      fences.push({ language, marks, line: open.line, text: open.lines.join('\n') });
      open = undefined;
    } else throw new Error(`line ${index + 1}: a fence opens inside the fence of line ${open.line - 1}`);
  }
  if (open !== undefined) throw new Error(`line ${open.line - 1}: the fence is never closed`);
  return { fences, prose };
}

/**
 * How keys lie in ZooKeeper's tree, and what the names of appended items say. An item is a node and a directory is
 * its parent, so that other programs find them where they expect them.
 *
 * An appended item has a name like those of Apache Curator's recipes in their protected mode: `_c_`, an identity, a
 * dash, the label, a dash, and the number that the server counts up in its directory. Such a name is never given
 * twice: that is what makes checks of its existence checks of its identity.
 */
import { QuorateError } from '../../base/index.ts';

/** ZooKeeper refuses these in paths: they are written as `%{…}` with their number, as is the beginning of such a form. */
const refused = /[\u0080-\u009f\ue000-\uf8ff\ufff0-\uffff]|[\u{10000}-\u{10ffff}]|%(?=\{)/gu;
const written = /%\{([0-9a-f]{2,6})\}/g;

/**
 * The number has ten places, a minus among them once the server has counted over its end. What is before it ends with
 * a dash of its own, which is how the two dashes are told apart.
 */
const appended = /^_c_[0-9A-Za-z-]{8,40}-.*[^-]-(-\d{9,10}|\d{10})$/;

export interface AppendedName {
  /** Given by the server: larger than that of every sibling made before, until it has counted to 2³¹. */
  readonly sequence: number;
}

export class Layout {
  /** The node under which everything lies; `/` or a path without a slash at its end. */
  readonly root: string;
  readonly #before: string;

  /** `chroot` and `prefix` as users give them, with or without slashes at their ends. */
  constructor(chroot: string, prefix: string) {
    const parts = `${chroot}/${prefix}`.split('/').filter((part) => part !== '');
    this.root = `/${parts.map(escaped).join('/')}`;
    this.#before = this.root === '/' ? '/' : `${this.root}/`;
  }

  pathOf(key: string): string {
    return this.#before + escaped(key);
  }

  /** Undefined for what does not lie under this root. */
  keyOf(path: string): string | undefined {
    return path.startsWith(this.#before) ? unescaped(path.slice(this.#before.length)) : undefined;
  }

  /** From the root down to the directory itself. */
  lineage(directory: string): readonly string[] {
    const parts = escaped(directory).split('/');
    return [this.root, ...parts.map((_, at) => this.#before + parts.slice(0, at + 1).join('/'))];
  }

  /** The root and what is above it. */
  rootLineage(): readonly string[] {
    const parts = this.root.split('/').slice(1);
    return this.root === '/' ? [] : parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`);
  }
}

export function directoryOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/'));
}

export function nameOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/** Before the number that the server adds. */
export function appendedPrefix(id: string, label: string): string {
  return `_c_${id}-${label}-`;
}

/** Whether an append with this identity made the item of this name. */
export function isAppendedBy(id: string, name: string): boolean {
  return name.startsWith(`_c_${id}-`) && appendedName(name) !== undefined;
}

export function appendedName(name: string): AppendedName | undefined {
  const digits = appended.exec(name)?.[1];
  return digits === undefined ? undefined : { sequence: Number(digits) };
}

function escaped(text: string): string {
  return text.replaceAll(refused, (part) => `%{${(part.codePointAt(0) as number).toString(16)}}`);
}

function unescaped(text: string): string {
  return text.replaceAll(written, (form, digits: string) => {
    const code = Number.parseInt(digits, 16);
    if (code > 0x10_ffff) return form;
    const character = String.fromCodePoint(code);
    return escaped(character) === form || character === '%' ? character : form;
  });
}

/** A key that names an appended item, where only an append may make one. */
export function appendOnly(key: string): QuorateError<'invalid-option'> {
  const expected = 'another name: names of this form are given by append alone, so that none is given twice';
  return new QuorateError({
    code: 'invalid-option',
    message: `key is ${JSON.stringify(key)}, and nothing is there; it must be ${expected}`,
    data: { option: 'key', value: key, expected },
  });
}

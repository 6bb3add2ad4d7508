/** Single items and the listings of directories. */
import type { Item, ListOptions } from '../port/index.ts';
import type { Call } from './calls.ts';
import type { ZookeeperLink } from './connection/index.ts';
import { chosenByAge, chosenByName, type Wanted } from './ordering.ts';
import type { Tree } from './tree.ts';
import { childrenRequest } from './wire/index.ts';

const noValue = new Uint8Array(0);

export async function readItem(tree: Tree, call: Call, key: string): Promise<Item | undefined> {
  const found = await tree.read(call, (link) => tree.data(link, tree.layout.pathOf(key)));
  return found === undefined ? undefined : tree.itemOf(key, found.data, found.state);
}

/**
 * The items of one listing are read one after the other, each as it is then. Who wants a few of many must not be told
 * of none because the few vanished meanwhile, so such a listing is made again.
 */
export async function listItems(
  tree: Tree,
  call: Call,
  directory: string,
  options: ListOptions,
): Promise<readonly Item[]> {
  const { limit, keysOnly = false } = options;
  while (true) {
    const { items, missing } = await tree.read(call, (link) =>
      listOnce(tree, link, directory, options, keysOnly),
    );
    if (missing === 0 || limit === undefined) return items;
  }
}

interface Listed {
  readonly items: readonly Item[];
  /** Chosen, and gone before they were read. */
  readonly missing: number;
}

async function listOnce(
  tree: Tree,
  link: ZookeeperLink,
  directory: string,
  wanted: Wanted,
  keysOnly: boolean,
): Promise<Listed> {
  const found = await tree.found(link, childrenRequest(tree.layout.pathOf(directory)));
  if (found === undefined) return { items: [], missing: 0 };
  const keys = keysUnder(tree, directory, found.names);
  const names = chosenByName([...keys.keys()], found.state.czxid, wanted);
  if (names !== undefined) {
    const chosen = names.map((name) => keys.get(name) as string);
    return present(chosen, keysOnly ? await heads(tree, link, chosen) : await whole(tree, link, chosen));
  }
  const all = await heads(tree, link, [...keys.values()]);
  const chosen = chosenByAge(all.filter(isPresent), wanted);
  if (keysOnly) return { items: chosen, missing: 0 };
  const chosenKeys = chosen.map(({ key }) => key);
  const { items, missing } = present(chosenKeys, await whole(tree, link, chosenKeys));
  // Those that were made anew between the two looks have another age.
  const { descending = false } = wanted;
  return { items: chosenByAge(items, { descending }), missing };
}

function keysUnder(tree: Tree, directory: string, names: readonly string[]): Map<string, string> {
  const path = tree.layout.pathOf(directory);
  return new Map(names.map((name) => [name, tree.layout.keyOf(`${path}/${name}`) as string]));
}

async function whole(
  tree: Tree,
  link: ZookeeperLink,
  keys: readonly string[],
): Promise<(Item | undefined)[]> {
  const found = await tree.datas(
    link,
    keys.map((key) => tree.layout.pathOf(key)),
  );
  return found.map((node, at) =>
    node === undefined ? undefined : tree.itemOf(keys[at] as string, node.data, node.state),
  );
}

/** Without values; nothing is read for those whose age is known already. */
async function heads(
  tree: Tree,
  link: ZookeeperLink,
  keys: readonly string[],
): Promise<(Item | undefined)[]> {
  const known = new Map<string, Item>();
  for (const key of keys) {
    const created = tree.identities.created(tree.layout.pathOf(key));
    if (created !== undefined)
      known.set(key, { key, value: noValue, created, modified: 0, session: undefined });
  }
  const unknown = keys.filter((key) => !known.has(key));
  const states = await tree.states(
    link,
    unknown.map((key) => tree.layout.pathOf(key)),
  );
  for (const [at, state] of states.entries()) {
    const key = unknown[at] as string;
    const item = state === undefined ? undefined : tree.itemOf(key, noValue, state);
    if (item !== undefined) known.set(key, item);
  }
  return keys.map((key) => known.get(key));
}

function present(keys: readonly string[], items: readonly (Item | undefined)[]): Listed {
  const there = items.filter(isPresent);
  return { items: there, missing: keys.length - there.length };
}

function isPresent<T>(value: T | undefined): value is T {
  return value !== undefined;
}

/**
 * Listings by age. Appended items lie in that order, so a part of them costs what it holds; items that were put do
 * not, and are sorted by the store. Both are read at one revision, by one request.
 */
import { QuorateError } from '../../base/index.ts';
import type { Entry, List, ListQuery, Store } from '../../client/index.ts';
import type { Listing, ListOptions } from '../port/index.ts';
import type { Layout } from './layout.ts';
import { itemOf, revisionOf } from './translation.ts';

/** So many items a listing may bring. */
const itemsMax = 65_536;

/** What is listed, and how. */
type ListShape = Pick<ListOptions, 'before' | 'limit' | 'descending' | 'keysOnly'>;

export async function listItems(
  store: Store,
  layout: Layout,
  directory: string,
  options: ListOptions,
): Promise<Listing> {
  const shape = shapeOf(options);
  const { signal, deadline, since } = options;
  const call = {
    ...(signal === undefined ? {} : { signal }),
    ...(deadline === undefined ? {} : { deadline }),
  };
  const queries = queriesOf(layout, directory, shape);
  const lists =
    since === undefined
      ? await store.lists(queries, call)
      : await store.listsSince(revisionOf('since', since), queries, call);
  return listingOf(layout, directory, shape, lists);
}

/** Without what is undefined. */
function shapeOf({ before, limit, descending = false, keysOnly = false }: ListOptions): ListShape {
  return {
    descending,
    keysOnly,
    ...(before === undefined ? {} : { before }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** What is asked of the store; the answers, in this order, are for `listingOf`. */
function queriesOf(layout: Layout, directory: string, { before, ...shape }: ListShape): readonly ListQuery[] {
  const { limit, ...all } = shape;
  if (before === undefined && limit === undefined)
    return [{ keys: layout.items(directory), ...all, order: 'create-revision' }];
  // A bound on when an item was made is none on its key, so of what was put all may be needed.
  const put = before === undefined ? shape : all;
  return [
    { keys: layout.appended(directory, before?.created), ...shape },
    { keys: layout.put(directory), ...put, order: 'create-revision' },
  ];
}

/** Everything in a directory that holds no more than so many items, by one walk of the store. */
export function smallDirectory(layout: Layout, directory: string, most: number): ListQuery {
  return { keys: layout.items(directory), limit: most };
}

/** The first items of a directory of which all are known. Undefined: it holds more than were asked for. */
export function firstOf(
  layout: Layout,
  { entries, more, revision }: List,
  limit: number,
): Listing | undefined {
  if (more) return undefined;
  const items = byAge(entries, 1).slice(0, limit);
  return { items: items.map((entry) => itemOf(layout, entry)), mark: String(revision) };
}

function listingOf(
  layout: Layout,
  directory: string,
  { before, limit, descending }: ListShape,
  [appended, put]: readonly List[],
): Listing {
  if (appended === undefined) throw new TypeError(`no list of ${directory} was answered`);
  const left = whole(directory, appended, limit);
  const right = put === undefined ? [] : whole(directory, put, before === undefined ? limit : undefined);
  const older = right.filter(({ createRevision }) => before === undefined || createRevision < before.created);
  const sign = descending === true ? -1 : 1;
  const entries = older.length === 0 ? left : byAge([...left, ...older], sign).slice(0, limit);
  return { items: entries.map((entry) => itemOf(layout, entry)), mark: String(appended.revision) };
}

function byAge(entries: readonly Entry[], sign: 1 | -1): readonly Entry[] {
  return entries.toSorted((one, other) => sign * (one.createRevision - other.createRevision));
}

/** Refuses what an answer had no room for; with a limit there may be more than was asked for. */
function whole(directory: string, { entries, more }: List, limit: number | undefined): List['entries'] {
  if (more && (limit === undefined || entries.length < limit)) throw tooMany(directory);
  return entries;
}

function tooMany(directory: string): QuorateError<'too-large'> {
  return new QuorateError({
    code: 'too-large',
    message: `directory ${directory} holds more than one answer brings; list it with a limit, or keep fewer items in it`,
    data: { what: `directory ${directory}`, bytes: 0, limit: itemsMax },
  });
}

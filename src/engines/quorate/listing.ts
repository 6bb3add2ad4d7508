/**
 * Listings by age. Appended items lie in that order, so a part of them costs what it holds; items that were put do
 * not, and are sorted by the store. Both are read in one turn, and once more where something came between them.
 */
import { QuorateError } from '../../base/index.ts';
import type { Entry, List, Store, ListOptions as StoreListOptions } from '../../client/index.ts';
import type { Listing, ListOptions } from '../port/index.ts';
import type { Layout } from './layout.ts';
import { itemOf } from './translation.ts';

/** So many items a listing may bring. */
const itemsMax = 65_536;

export async function listItems(
  store: Store,
  layout: Layout,
  directory: string,
  options: ListOptions,
): Promise<Listing> {
  const { before, limit, descending = false, keysOnly = false, ...call } = options;
  const shape = { descending, keysOnly, ...call, ...(limit === undefined ? {} : { limit }) };
  const { entries, revision } =
    before === undefined && limit === undefined
      ? whole(directory, await store.list(layout.items(directory), { ...shape, order: 'create-revision' }))
      : await part(store, layout, directory, shape, before?.created);
  return { items: entries.map((entry) => itemOf(layout, entry)), mark: String(revision) };
}

interface Found {
  readonly entries: readonly Entry[];
  readonly revision: number;
}

async function part(
  store: Store,
  layout: Layout,
  directory: string,
  shape: StoreListOptions,
  before: number | undefined,
): Promise<Found> {
  const { limit, ...all } = shape;
  // A bound on when an item was made is none on its key, so of what was put all may be needed.
  const putLimit = before === undefined ? limit : undefined;
  const plain: StoreListOptions = {
    ...all,
    ...(putLimit === undefined ? {} : { limit: putLimit }),
    order: 'create-revision',
  };
  const [appended, put] = await Promise.all([
    store.list(layout.appended(directory, before), shape),
    store.list(layout.put(directory), plain),
  ]);
  const { revision } = appended;
  const same =
    put.revision === revision ? put : await store.list(layout.put(directory), { ...plain, revision });
  const [left, right] = [whole(directory, appended, limit), whole(directory, same, putLimit)];
  const older = right.entries.filter(({ createRevision }) => before === undefined || createRevision < before);
  const sign = shape.descending === true ? -1 : 1;
  const entries =
    older.length === 0
      ? left.entries
      : [...left.entries, ...older]
          .sort((one, other) => sign * (one.createRevision - other.createRevision))
          .slice(0, limit);
  return { entries, revision };
}

/** Refuses what an answer had no room for; with a limit there may be more than was asked for. */
function whole(directory: string, { entries, more, revision }: List, limit?: number): Found {
  if (more && (limit === undefined || entries.length < limit)) throw tooMany(directory);
  return { entries, revision };
}

function tooMany(directory: string): QuorateError<'too-large'> {
  return new QuorateError({
    code: 'too-large',
    message: `directory ${directory} holds more than one answer brings; list it with a limit, or keep fewer items in it`,
    data: { what: `directory ${directory}`, bytes: 0, limit: itemsMax },
  });
}

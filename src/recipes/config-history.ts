/** The revisions of a configuration before the one of now: each an item, the oldest forgotten beyond a bound. */
import { QuorateError } from '../base/index.ts';
import type { CallOptions } from '../engines/port/index.ts';
import { type ConfigDocument, parseDocument } from './config-document.ts';
import type { RecipeContext } from './recipe-context.ts';

export interface ConfigRevision {
  readonly revision: number;
  readonly note: string;
  /** By the wall clock of whoever published it. */
  readonly publishedAtMs: number;
  /** The share of a roll-out that was under way. */
  readonly share?: number;
}

const utf8 = new TextEncoder();

export class ConfigHistory {
  readonly #context: RecipeContext;
  readonly #directory: string;
  readonly #max: number;

  constructor(context: RecipeContext, directory: string, max: number) {
    this.#context = context;
    this.#directory = directory;
    this.#max = max;
  }

  /** There is one document of each revision, so it does not matter who keeps it, or how often. */
  async keep(document: ConfigDocument, call: CallOptions): Promise<void> {
    if (document.revision === 0) return;
    const key = this.#keyOf(document.revision);
    const put = { kind: 'put', key, value: utf8.encode(JSON.stringify(document)) } as const;
    await this.#context.engine.transact({ when: [{ key, is: 'absent' }], operations: [put], ...call });
  }

  /** Rejects with `not-found` for one that never was, or is forgotten. */
  async get(revision: number, call: CallOptions): Promise<ConfigDocument> {
    const key = this.#keyOf(revision);
    const item = await this.#context.engine.get(key, call);
    if (item !== undefined) return parseDocument(item.value, key);
    throw new QuorateError({
      code: 'not-found',
      message: `${key} is not there: it never was, or it is older than the ${this.#max} that are kept; look at the history`,
      data: { what: `revision ${revision}`, path: key },
    });
  }

  /** The newest first, `now` at their head. */
  async list(now: ConfigDocument, call: CallOptions): Promise<ConfigRevision[]> {
    const { items } = await this.#context.engine.list(this.#directory, call);
    const before = items.map(({ key, value }) => parseDocument(value, key));
    return [now, ...before.filter(({ revision }) => revision < now.revision)]
      .filter(({ revision }) => revision > 0)
      .sort((left, right) => right.revision - left.revision)
      .map(({ revision, note, publishedAtMs, staged }) => ({
        revision,
        note,
        publishedAtMs,
        ...(staged === undefined ? {} : { share: staged.share }),
      }));
  }

  /** Forgets what lies further back than the bound; who dies in the middle leaves it to the next publication. */
  async prune(newest: number): Promise<void> {
    const { engine } = this.#context;
    const { items } = await engine.list(this.#directory, { keysOnly: true });
    const oldest = this.#keyOf(Math.max(1, newest - this.#max));
    for (const { key } of items)
      if (key < oldest) await engine.transact({ operations: [{ kind: 'delete', key }] });
  }

  /** In the order of the revisions, as text. */
  #keyOf(revision: number): string {
    return `${this.#directory}/${String(revision).padStart(12, '0')}`;
  }
}

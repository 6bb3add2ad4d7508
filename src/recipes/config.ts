/**
 * The configuration of programs: typed by a schema, in layers, watched, and published so that what does not fit never
 * reaches anybody.
 *
 * A publication is one change of one item, on the condition that nobody published in between; before it, what every
 * scope would go by is checked against the schema. The revision before is kept first, so the history has no holes,
 * whoever dies in the middle; it is bounded, and each revision in it can be gone back to, which is a publication of
 * its own. A roll-out by share is two sets of layers in that item: who is among the share goes by the new one.
 */
import { invalidOption, jsonText, parsed, QuorateError, type StandardSchema } from '../base/index.ts';
import { type CallOptions, type Condition, checkName, type Item } from '../engines/port/index.ts';
import { Budget } from './budget.ts';
import {
  type ConfigDocument,
  type ConfigLayers,
  type ConfigScope,
  type ConfigValues,
  isValues,
  layersFor,
  merged,
  nothingPublished,
  parseDocument,
  scopesOf,
  withLayer,
} from './config-document.ts';
import { ConfigHistory, type ConfigRevision } from './config-history.ts';
import { ConfigReader, type ConfigReading } from './config-reader.ts';
import { fencesOf, type GuardedOptions } from './guarded-options.ts';
import { JsonCodec } from './json-codec.ts';
import type { Readings } from './readings.ts';
import type { RecipeContext } from './recipe-context.ts';

export interface ConfigOptions<T> extends ConfigScope {
  /** What every configuration must be. */
  readonly schema: StandardSchema<T>;
  /** What holds where no layer says otherwise. Default: nothing. */
  readonly defaults?: ConfigValues;
  /** Revisions that are kept to go back to. Default 50. */
  readonly historyMax?: number;
}

export interface PublishOptions extends GuardedOptions {
  /** Whom the layer is for. Default: everybody. */
  readonly to?: ConfigScope;
  /** Which share of the instances goes by it at first, above 0 and up to 1, which is the default: all. */
  readonly share?: number;
  /** For people who read the history. */
  readonly note?: string;
}

const utf8 = new TextEncoder();

export class Config<T> {
  readonly #context: RecipeContext;
  readonly #name: string;
  readonly #key: string;
  readonly #codec: JsonCodec<T>;
  readonly #defaults: ConfigValues;
  readonly #scope: ConfigScope;
  readonly #history: ConfigHistory;

  constructor(context: RecipeContext, name: string, options: ConfigOptions<T>) {
    const { schema, defaults = {}, service, instance, historyMax = 50 } = options;
    if (!(Number.isSafeInteger(historyMax) && historyMax >= 1 && historyMax <= 1_000))
      throw invalidOption('historyMax', historyMax, 'a whole number from 1 to 1000');
    const directory = context.pathOf('configs', name);
    this.#context = context;
    this.#name = name;
    this.#key = `${directory}/now/document`;
    this.#codec = new JsonCodec(schema);
    this.#defaults = defaults;
    this.#scope = checkScope({
      ...(service === undefined ? {} : { service }),
      ...(instance === undefined ? {} : { instance }),
    });
    this.#history = new ConfigHistory(context, `${directory}/history`, historyMax);
  }

  /** What this instance goes by now. Rejects with `value-invalid` where that does not fit the schema. */
  async get(call: CallOptions = {}): Promise<ConfigReading<T>> {
    const { document } = await this.#read(call);
    return await this.#reader().read(document);
  }

  /**
   * What this instance goes by, and then each change of it. What does not fit is told beside the last that did, so a
   * program that runs goes on; it rejects only where already the first does not fit.
   */
  watch({ signal }: { readonly signal?: AbortSignal } = {}): Readings<ConfigReading<T>> {
    return this.#reader().watch(this.#context, this.#key, signal);
  }

  /**
   * The layer of a scope says `values` from now on, and nothing else. Answers with the revision. Rejects with
   * `value-invalid` where anybody would go by what does not fit, and with `rollout-open` during a roll-out by share.
   */
  async publish(values: ConfigValues, options: PublishOptions = {}): Promise<number> {
    const { to = {}, share = 1, note = '', ...call } = options;
    const scope = checkScope(to);
    checkShare(share);
    const written = asWritten(values, this.#name);
    return await this.#change(call, note, async ({ stable, staged }) => {
      if (staged !== undefined) throw this.#rolloutOpen(staged.share);
      const layers = withLayer(stable, scope, written);
      await this.#checkAll(layers);
      return share >= 1 ? { stable: layers } : { stable, staged: { layers, share } };
    });
  }

  /** A roll-out goes on to this share, or to everybody with 1, and is over then. Rejects with `rollout-none`. */
  async rollOut(
    share: number,
    { note = '', ...call }: GuardedOptions & { readonly note?: string } = {},
  ): Promise<number> {
    checkShare(share);
    return await this.#change(call, note, ({ stable, staged }) => {
      if (staged === undefined) throw this.#rolloutNone();
      return share >= 1 ? { stable: staged.layers } : { stable, staged: { ...staged, share } };
    });
  }

  /** A roll-out is given up: everybody goes by what was there before. Rejects with `rollout-none`. */
  async abandon({ note = '', ...call }: GuardedOptions & { readonly note?: string } = {}): Promise<number> {
    return await this.#change(call, note, ({ stable, staged }) => {
      if (staged === undefined) throw this.#rolloutNone();
      return { stable };
    });
  }

  /** Everybody goes by what everybody went by in that revision; a roll-out is over. */
  async rollBack(
    revision: number,
    { note, ...call }: GuardedOptions & { readonly note?: string } = {},
  ): Promise<number> {
    return await this.#change(call, note ?? `back to revision ${revision}`, async (document, rest) => {
      const { stable } = document.revision === revision ? document : await this.#history.get(revision, rest);
      await this.#checkAll(stable);
      return { stable };
    });
  }

  /** The newest first, the one of now included. */
  async history(call: CallOptions = {}): Promise<ConfigRevision[]> {
    const { document } = await this.#read(call);
    return await this.#history.list(document, call);
  }

  /** Each try sees what is there; who comes between makes it begin anew, until the deadline. */
  async #change(
    options: GuardedOptions,
    note: string,
    change: (
      document: ConfigDocument,
      call: CallOptions,
    ) => Pick<ConfigDocument, 'stable' | 'staged'> | Promise<Pick<ConfigDocument, 'stable' | 'staged'>>,
  ): Promise<number> {
    const { engine } = this.#context;
    const budget = new Budget(engine.clock, options, `publishing ${this.#name}`);
    while (true) {
      const { document, item } = await this.#read(budget.next());
      const changed = await change(document, budget.next());
      await this.#history.keep(document, budget.next());
      const revision = document.revision + 1;
      const next: ConfigDocument = { revision, ...changed, note, publishedAtMs: engine.clock.wall() };
      const when: Condition =
        item === undefined
          ? { key: this.#key, is: 'absent' }
          : { key: this.#key, is: 'unchanged', modified: item.modified };
      const put = { kind: 'put', key: this.#key, value: utf8.encode(JSON.stringify(next)) } as const;
      const { succeeded } = await engine.transact({
        when: [when],
        operations: [put],
        ...fencesOf(options),
        ...budget.next(),
      });
      if (!succeeded) continue;
      this.#context.inBackground(`forgetting revisions of ${this.#name}`, () =>
        this.#history.prune(revision),
      );
      return revision;
    }
  }

  async #read(
    call: CallOptions,
  ): Promise<{ readonly document: ConfigDocument; readonly item: Item | undefined }> {
    const { signal, deadline } = call;
    const item = await this.#context.engine.get(this.#key, {
      ...(signal === undefined ? {} : { signal }),
      ...(deadline === undefined ? {} : { deadline }),
    });
    return { item, document: item === undefined ? nothingPublished : parseDocument(item.value, this.#key) };
  }

  async #checkAll(layers: ConfigLayers): Promise<void> {
    for (const scope of scopesOf(layers)) {
      const of = [this.#name, scope.service, scope.instance].filter((part) => part !== undefined);
      await this.#codec.check(merged(this.#defaults, layers, scope), of.join('/'));
    }
  }

  #reader(): ConfigReader<T> {
    const [name, scope] = [this.#name, this.#scope];
    return new ConfigReader({
      codec: this.#codec,
      valuesOf: (document) => merged(this.#defaults, layersFor(document, name, scope), scope),
      name,
    });
  }

  #rolloutOpen(share: number): QuorateError<'rollout-open'> {
    return new QuorateError({
      code: 'rollout-open',
      message: `configuration ${this.#name} is being rolled out to a share of ${share}; go on to 1, or abandon it, before the next publication`,
      data: { config: this.#name, share },
    });
  }

  #rolloutNone(): QuorateError<'rollout-none'> {
    return new QuorateError({
      code: 'rollout-none',
      message: `configuration ${this.#name} is not being rolled out by share; publish it with a share first`,
      data: { config: this.#name },
    });
  }
}

function checkScope(scope: ConfigScope): ConfigScope {
  const { service, instance } = scope;
  if (service !== undefined) checkName('service', service);
  if (instance !== undefined) checkName('instance', instance);
  if (instance !== undefined && service === undefined)
    throw invalidOption('instance', instance, 'given together with its service');
  return scope;
}

/** As whoever reads them will see them: what JSON makes of some values fits where they do not, and the other way round. */
function asWritten(values: ConfigValues, name: string): ConfigValues {
  const written = parsed(jsonText(values, name), name);
  if (isValues(written)) return written;
  throw invalidOption('values', values, 'an object with the values of one layer');
}

function checkShare(share: number): void {
  if (!(share > 0 && share <= 1)) throw invalidOption('share', share, 'above 0 and at most 1');
}

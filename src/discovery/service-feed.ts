/**
 * What one process knows of one service: one watch, however many views there are of it. It never ends by itself. Where
 * the registry is silent, what was known last stays, for as long as it may; where the watch breaks off, tells of the
 * past or has gone deaf, another one is begun.
 */
import { isQuorateError, linkSignals } from '../base/index.ts';
import type { Item, Watch } from '../engines/port/index.ts';
import { provides } from '../engines/port/index.ts';
import { pause, type Timer } from '../ports/index.ts';
import type { RecipeContext } from '../recipes/index.ts';
import { CopyKeeper } from './copy-keeper.ts';
import type { DiscoveryEvents } from './discovery-events.ts';
import { Hearing } from './hearing.ts';
import type { Instance, ServiceSnapshot } from './instance.ts';
import { InstanceList } from './instance-list.ts';
import { type BatchEffect, KnownInstances } from './known-instances.ts';
import { LossGuard } from './loss-guard.ts';
import type { RegistrySettings } from './registry-settings.ts';

export interface FeedOptions {
  readonly context: RecipeContext;
  readonly service: string;
  readonly settings: RegistrySettings;
  readonly events: DiscoveryEvents;
}

/** Whence a snapshot is: from nowhere, from a copy of what another process knew last, or from the registry. */
export type SnapshotOrigin = 'nothing' | 'copy' | 'registry';

const nobody = InstanceList.of([]);
/** The reason of an end that is no error. */
const unread = Symbol('unread');
const pauseMsMin = 100;
const pauseMsMax = 30_000;

export class ServiceFeed {
  readonly #options: FeedOptions;
  readonly #directory: string;
  readonly #known: KnownInstances;
  readonly #guard: LossGuard | undefined;
  readonly #hearing: Hearing;
  readonly #keeper: CopyKeeper | undefined;
  readonly #closing;
  readonly #listeners = new Set<() => void>();
  readonly #running: Promise<void>;
  #watch: Watch | undefined;
  #release: Timer | undefined;
  /** What the registry has, or a copy had: without those that the guard holds. */
  #present = nobody;
  /** What readers see. */
  #shown = nobody;
  #snapshot: ServiceSnapshot;
  #origin: SnapshotOrigin = 'nothing';
  #heldCount = 0;
  #isAged = false;
  #isStale = false;
  /** An instance that the watch should have told of. */
  #missing = 0;
  readonly copyRead: Promise<void>;

  constructor(options: FeedOptions) {
    const { context, service, settings, events } = options;
    const { engine } = context;
    this.#options = options;
    this.#directory = context.pathOf('services', service);
    this.#known = new KnownInstances(service, this.#directory);
    this.#guard = settings.lossGuard && new LossGuard(settings.lossGuard);
    this.#snapshot = snapshotOf(service, nobody, 0);
    this.#closing = linkSignals(context.closed);
    this.#closing.signal.addEventListener('abort', () => this.#end(), { once: true });
    const onAsked = (isHeard: boolean, newest: Item | undefined): void => this.#asked(isHeard, newest);
    const { hearMs: everyMs, copies } = settings;
    const { signal } = this.#closing;
    this.#hearing = new Hearing({ engine, directory: this.#directory, everyMs, signal, onAsked });
    const onProblem = (error: unknown): void => {
      events.count('copyProblems');
      events.tellView({ service, kind: 'problem', error });
    };
    this.#keeper = copies && new CopyKeeper({ copies, service, clock: engine.clock, onProblem });
    this.copyRead = this.#readCopy();
    this.#running = this.#run();
  }

  get snapshot(): ServiceSnapshot {
    return this.#snapshot;
  }

  /** Of the snapshot, by its id. */
  instance(id: string): Instance | undefined {
    return this.#shown.get(id);
  }

  get origin(): SnapshotOrigin {
    return this.#isAged ? 'nothing' : this.#origin;
  }

  get staleMs(): number {
    return this.#hearing.silentMs;
  }

  /** How many are in the snapshot that the registry does not have any more. */
  get heldCount(): number {
    return this.#heldCount;
  }

  /** What it has ended with by itself; undefined while it goes on, and where nobody reads it any more. */
  get end(): unknown {
    const { aborted, reason } = this.#closing.signal;
    return aborted && reason !== unread ? reason : undefined;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Hears whenever something may be different: the snapshot, whence it is, or that it is over. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort(unread);
    this.#closing[Symbol.dispose]();
    await Promise.all([this.#hearing.settled(), this.#running, this.copyRead]);
    await this.#keeper?.close();
    this.#listeners.clear();
  }

  /** By `close`, and with the coordination: nobody waits any more for what will not come. */
  #end(): void {
    this.#release?.cancel();
    this.#tell();
  }

  async #run(): Promise<void> {
    const { service, events } = this.#options;
    const { signal } = this.#closing;
    for (let pauseMs = pauseMsMin; !signal.aborted; pauseMs = Math.min(2 * pauseMs, pauseMsMax)) {
      const onBelieved = (): void => {
        pauseMs = pauseMsMin;
      };
      try {
        await this.#follow(signal, onBelieved);
      } catch (error) {
        if (signal.aborted) return;
        // The engine is no more: what is known stays to be read, and nobody waits for more of it.
        if (isQuorateError(error) && error.code === 'closed') {
          this.#closing.abort(error);
          return;
        }
        events.tellView({ service, kind: 'problem', error });
      }
      if (!(await this.#paused(pauseMs))) return;
      events.count('watchRestarts');
      events.tellView({ service, kind: 'restarted' });
    }
  }

  /** Until the watch breaks off, or is not to be believed. */
  async #follow(signal: AbortSignal, onBelieved: () => void): Promise<void> {
    const watch = this.#options.context.engine.watch({ directory: this.#directory }, { signal });
    this.#watch = watch;
    try {
      for await (const batch of watch) {
        this.#hearing.heard();
        if (!this.#take(this.#known.apply(batch))) return;
        onBelieved();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      this.#watch = undefined;
    }
  }

  /** False: it is over. */
  async #paused(pauseMs: number): Promise<boolean> {
    const { signal } = this.#closing;
    try {
      await pause(this.#options.context.engine.clock, pauseMs, signal);
    } catch (reason) {
      if (!signal.aborted) throw reason;
    }
    return !signal.aborted;
  }

  /** False: it is from the past. */
  #take(effect: BatchEffect): boolean {
    const { service, events } = this.#options;
    if (effect.kind === 'from-the-past') {
      events.count('listingsFromThePast');
      events.tellView({ service, kind: 'from-the-past' });
      return false;
    }
    for (const refusal of effect.refusals) events.refuse({ service, ...refusal });
    this.#guardLosses(effect);
    const before = this.#origin === 'copy' ? this.#onlyCopied(effect) : this.#present;
    this.#present = before.with(effect.changes);
    this.#origin = 'registry';
    // It was heard in this moment, whenever it is asked next.
    this.#isAged = false;
    this.#publish();
    this.#keeper?.keep(this.#present);
    return true;
  }

  /** What a copy had is replaced as a whole; those that the registry has not are lost as any others. */
  #onlyCopied({ changes }: Extract<BatchEffect, { kind: 'applied' }>): InstanceList {
    const { clock } = this.#options.context.engine;
    for (const instance of this.#present.instances)
      if (changes.get(instance.id) === undefined && isExpected(instance))
        this.#guard?.lose(instance, clock.now());
    return nobody;
  }

  /** Who was draining, and who has said that it goes, is expected to be gone. */
  #guardLosses({ changes, losses }: Extract<BatchEffect, { kind: 'applied' }>): void {
    const { clock, provides: provided } = this.#options.context.engine;
    const tellsExpiry = provides(provided, 'expiry-events');
    for (const id of changes.keys()) this.#guard?.forget(id);
    for (const { instance, cause } of losses) {
      const isSaid = cause === 'deleted' && tellsExpiry;
      if (!isSaid && isExpected(instance) && changes.get(instance.id) === undefined)
        this.#guard?.lose(instance, clock.now());
    }
  }

  #publish(): void {
    const { context, service, events } = this.#options;
    const { clock } = context.engine;
    const held = this.#guard?.held(this.#present.length, clock.now()) ?? [];
    if (held.length > 0 && this.#heldCount === 0) {
      events.count('massLosses');
      events.tellView({ service, kind: 'held' });
    } else if (held.length === 0 && this.#heldCount > 0) events.tellView({ service, kind: 'released' });
    this.#heldCount = held.length;
    this.#planRelease();
    const all = this.#present.with(new Map(held.map((instance) => [instance.id, instance])));
    this.#show(this.#isAged ? nobody : all);
    this.#tell();
  }

  #show(list: InstanceList): void {
    const { version } = this.#snapshot;
    if (list === this.#shown && version > 0) return;
    this.#shown = list;
    this.#snapshot = snapshotOf(this.#options.service, list, version + 1);
  }

  #planRelease(): void {
    this.#release?.cancel();
    const { clock } = this.#options.context.engine;
    const nextMs = this.#heldCount === 0 ? undefined : this.#guard?.nextMs;
    if (nextMs === undefined || this.isClosed) return;
    this.#release = clock.setTimer(nextMs - clock.now(), () => this.#publish(), { background: true });
  }

  async #readCopy(): Promise<void> {
    const found = await this.#keeper?.load();
    const { staleMsMax, beyond } = this.#options.settings;
    if (found === undefined || this.#origin !== 'nothing' || this.isClosed) return;
    if (found.ageMs > staleMsMax && beyond === 'empty') return;
    this.#hearing.wasSilentFor(found.ageMs);
    this.#present = InstanceList.of(found.copy.instances);
    this.#origin = 'copy';
    this.#publish();
  }

  #asked(isHeard: boolean, newest: Item | undefined): void {
    const { service, settings, events } = this.#options;
    if (isHeard) this.#listen(newest?.created ?? 0);
    if (isHeard && this.#origin === 'registry') this.#keeper?.keep(this.#present);
    if (this.#isStale === isHeard) {
      this.#isStale = !isHeard;
      events.tellView({ service, kind: isHeard ? 'heard' : 'stale' });
    }
    const isAged = settings.beyond === 'empty' && this.staleMs > settings.staleMsMax;
    if (isAged === this.#isAged) return;
    this.#isAged = isAged;
    if (isAged) events.tellView({ service, kind: 'aged' });
    this.#publish();
  }

  /** What was there when this was asked before, the watch should have told by now. */
  #listen(newest: number): void {
    const { service, events } = this.#options;
    const isDeaf = this.#missing > this.#known.newest;
    this.#missing = newest;
    if (!isDeaf || this.#watch === undefined) return;
    events.count('deafWatches');
    events.tellView({ service, kind: 'deaf' });
    this.#missing = 0;
    this.#options.context.inBackground(`ending a deaf watch of ${service}`, async () => {
      await this.#watch?.return();
    });
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Its array is made when it is read. */
function snapshotOf(service: string, list: InstanceList, version: number): ServiceSnapshot {
  return Object.freeze({
    service,
    get instances(): readonly Instance[] {
      return list.instances;
    },
    version,
  });
}

function isExpected({ status }: Instance): boolean {
  return status !== 'draining';
}

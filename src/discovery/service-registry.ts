/**
 * The registry: instances register in it, and views of services are opened from it. It is made of items and sessions
 * of an engine and needs no capability, so it runs on all of them. What it is told lies under `services/SERVICE/ID`, as
 * JSON that others can read and write.
 */
import { linkSignals, QuorateError, untilAborted } from '../base/index.ts';
import { Store } from '../client/index.ts';
import { type CallOptions, checkSession, type Engine } from '../engines/port/index.ts';
import { engineOn } from '../engines/quorate/index.ts';
import { Coordination, contextOf, coordinate, type RecipeContext } from '../recipes/index.ts';
import { HealthCounters, initialStatus } from './checks/index.ts';
import { type DiscoveryCounts, DiscoveryEvents } from './discovery-events.ts';
import type { InstanceStatus } from './instance.ts';
import { encodeInstance } from './instance-document.ts';
import {
  checkService,
  type HealthNeeds,
  healthOf,
  type InstanceRequest,
  toldBy,
} from './instance-request.ts';
import { Registration, type RegistrationState } from './registration.ts';
import { RegistryPlace, type TakeOptions } from './registry-place.ts';
import { type RegistryOptions, type RegistrySettings, settingsOf } from './registry-settings.ts';
import { RegistryView } from './registry-view.ts';
import { ServiceFeed } from './service-feed.ts';

/** What a registry stands on: a coordination, whose sessions and prefix it shares, or what one can be made of. */
export type RegistryGround = Coordination | Engine | Store;

export interface RegisterOptions extends TakeOptions {
  /** How long the registry keeps it when it is not heard of. Default: that of the registry. */
  readonly ttl?: RegistryOptions['ttl'];
}

export interface ViewOptions {
  readonly signal?: AbortSignal;
}

/** Of everything that this registry object does, for metrics. */
export interface DiscoveryFigures extends DiscoveryCounts {
  /** Services that are watched. */
  readonly services: number;
  readonly views: number;
  /** In all snapshots together. */
  readonly instances: Readonly<Record<InstanceStatus, number>>;
  /** Of these, how many the registry does not have any more. */
  readonly held: number;
  /** Services of which nothing is known. */
  readonly unknownServices: number;
  /** Services that are known, and of which no instance passes. */
  readonly servicesWithoutPassing: number;
  readonly staleServices: number;
  /** Of the service that has been stale for the longest; 0 while none is. */
  readonly staleMsMax: number;
  readonly registrations: number;
  /** Of these, how many are being put back. */
  readonly lostRegistrations: number;
  /** And how many their checks have taken off the list, until they see them better. */
  readonly withdrawnRegistrations: number;
}

/** So many instances are taken off the list at a time: where there are thousands, others have things to ask, too. */
const closingsMax = 64;

interface Shared {
  readonly feed: ServiceFeed;
  readonly views: Set<RegistryView>;
}

export class ServiceRegistry implements AsyncDisposable {
  /** What the checks of its instances saw. */
  readonly health: HealthCounters = new HealthCounters();
  readonly #context: RecipeContext;
  readonly #settings: RegistrySettings;
  readonly #onClose: () => Promise<void>;
  readonly #events = new DiscoveryEvents();
  readonly #feeds = new Map<string, Shared>();
  readonly #registrations = new Set<Registration>();
  /** Feeds that nobody reads any more and that are not over yet. */
  readonly #endings = new Set<Promise<void>>();
  /** Aborts with `closed`: who waits to be registered does so no longer. */
  readonly #over = new AbortController();
  #closing: Promise<void> | undefined;

  constructor(context: RecipeContext, settings: RegistrySettings, onClose: () => Promise<void>) {
    this.#context = context;
    this.#settings = settings;
    this.#onClose = onClose;
  }

  /**
   * Resolves when others can see it. Rejects with `name-taken` where another instance has this id and is not gone within
   * `wait` (default: no wait), unless `takeOver` is said; with `invalid-option` for what makes no sense; as the engine
   * does where that cannot be reached. From then on it is kept there until it is closed.
   */
  async register(request: InstanceRequest, options: RegisterOptions = {}): Promise<Registration> {
    const context = this.#open();
    const { ttl, signal, ...take } = options;
    const service = checkService(request.service);
    const id = request.id ?? context.newId();
    const health = healthOf(request, this.#healthNeeds(`${service}/${id}`));
    const told = toldBy(request, health && initialStatus(health));
    const ttlMs =
      ttl === undefined && this.#settings.ttlMs !== undefined ? this.#settings.ttlMs : context.ttlMsOf(ttl);
    checkSession(context.engine, { ttlMs });
    const place = new RegistryPlace({ context, service, id, ttlMs });
    using link = linkSignals(signal, this.#over.signal);
    const taken = await place.take((by) => encodeInstance(told, by), { ...take, signal: link.signal });
    const onEnd = (ended: Registration): void => {
      this.#registrations.delete(ended);
    };
    const { lookMs } = this.#settings;
    const registration = new Registration(
      { context, events: this.#events, place, told, health, lookMs, onEnd },
      taken,
    );
    this.#registrations.add(registration);
    if (this.#closing !== undefined) {
      await registration.close();
      this.#open();
    }
    return registration;
  }

  /**
   * What is known of a service, in memory. It waits for nothing but a copy from the disk where copies are kept: until
   * the registry has answered, the view is empty and says that nothing is known; `ready()` waits for that.
   */
  async view(service: string, { signal }: ViewOptions = {}): Promise<RegistryView> {
    const context = this.#open();
    const name = checkService(service);
    let shared = this.#feeds.get(name);
    if (shared === undefined) {
      const feed = new ServiceFeed({
        context,
        service: name,
        settings: this.#settings,
        events: this.#events,
      });
      shared = { feed, views: new Set() };
      this.#feeds.set(name, shared);
    }
    const { feed, views } = shared;
    const view: RegistryView = new RegistryView(feed, () => this.#leave(name, view));
    views.add(view);
    try {
      await (signal === undefined ? feed.copyRead : untilAborted(feed.copyRead, signal));
    } catch (error) {
      view.close();
      throw error;
    }
    return view;
  }

  /** Services that somebody has registered at, those included that have no instance any more, in order. */
  async list(options: CallOptions = {}): Promise<string[]> {
    const context = this.#open();
    const directory = context.pathOf('service', 'names');
    const { items } = await context.engine.list(directory, { ...options, keysOnly: true });
    return items.map(({ key }) => key.slice(directory.length + 1)).sort();
  }

  /** What was counted since it was made, and what there is now. */
  get figures(): DiscoveryFigures {
    const feeds = [...this.#feeds.values()];
    const instances = { passing: 0, warning: 0, critical: 0, draining: 0 };
    let withoutPassing = 0;
    for (const { feed } of feeds) {
      const before = instances.passing;
      for (const { status } of feed.snapshot.instances) instances[status] += 1;
      if (feed.origin !== 'nothing' && instances.passing === before) withoutPassing += 1;
    }
    const staleMs = feeds.map(({ feed }) => feed.staleMs);
    return {
      ...this.#events.counts,
      services: feeds.length,
      views: feeds.reduce((sum, { views }) => sum + views.size, 0),
      instances,
      held: feeds.reduce((sum, { feed }) => sum + feed.heldCount, 0),
      unknownServices: feeds.filter(({ feed }) => feed.origin === 'nothing').length,
      servicesWithoutPassing: withoutPassing,
      staleServices: staleMs.filter((each) => each > 0).length,
      staleMsMax: Math.max(0, ...staleMs),
      registrations: this.#registrations.size,
      lostRegistrations: this.#registrationsThat('lost'),
      withdrawnRegistrations: this.#registrationsThat('withdrawn'),
    };
  }

  #registrationsThat(are: RegistrationState): number {
    return [...this.#registrations].filter(({ state }) => state === are).length;
  }

  #healthNeeds(name: string): HealthNeeds {
    const { clock, random } = this.#context.engine;
    return { name, counters: this.health, ports: { clock, random, ...this.#settings.ports } };
  }

  /** Takes its instances off the list, and ends its views. What it was made on stays open. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(): RecipeContext {
    if (this.#closing !== undefined) throw registryClosed();
    this.#context.checkOpen();
    return this.#context;
  }

  #leave(service: string, view: RegistryView): void {
    const shared = this.#feeds.get(service);
    if (shared?.views.delete(view) !== true || shared.views.size > 0) return;
    this.#feeds.delete(service);
    const ending = shared.feed.close().finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
  }

  async #close(): Promise<void> {
    this.#over.abort(registryClosed());
    for (const { views } of [...this.#feeds.values()]) for (const view of [...views]) view.close();
    const leaving = [...this.#registrations].values();
    const close = async (): Promise<void> => {
      for (const registration of leaving) await registration.close();
    };
    await Promise.all(Array.from({ length: closingsMax }, close));
    await Promise.all(this.#endings);
    await this.#onClose();
  }
}

/** A registry on an engine, a store of ours, or a coordination with its prefix. Needs no request. */
export function serviceRegistry(on: RegistryGround, options: RegistryOptions = {}): ServiceRegistry {
  const settings = settingsOf(options);
  if (on instanceof Coordination)
    return new ServiceRegistry(contextOf(on), settings, () => Promise.resolve());
  const own = coordinate(on instanceof Store ? engineOn(on) : on);
  return new ServiceRegistry(contextOf(own), settings, () => own.close());
}

function registryClosed(): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: 'the service registry was closed; make a new one with serviceRegistry()',
    data: { what: 'service registry' },
  });
}

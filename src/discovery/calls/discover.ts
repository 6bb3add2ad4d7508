/**
 * Services by name: `discover(coordination)` reads a registry on whatever the program has, and each service that is
 * asked for has one client, whichever part of the program asks. It stands here and not on the coordination itself,
 * which knows nothing above it; who only needs a lock loads nothing of this.
 */
import { invalidOption, QuorateError } from '../../base/index.ts';
import type { Clock } from '../../ports/index.ts';
import { type RegistryGround, serviceRegistry } from '../service-registry.ts';
import { ClientShelf } from './client-shelf.ts';
import { ServiceClient, type ServiceFigures } from './service-client.ts';
import { type ServiceFetch, type ServiceFetchOptions, serviceFetch } from './service-fetch.ts';
import type { ServiceOptions } from './service-options.ts';
import { ServicePolicy } from './service-policy.ts';
import type { ViewSource } from './view-source.ts';

export interface DiscoverOptions {
  /** What holds for all services that are asked for without options of their own. */
  readonly defaults?: ServiceOptions;
  readonly fetch?: ServiceFetchOptions;
  /**
   * So many clients have a view of their service. Beyond it those that were called the longest ago rest until they are
   * called again, but for those with a call under way or with options of their own. Default 1,000.
   */
  readonly clientsMax?: number;
  /** Default: that of the runtime. */
  readonly clock?: Clock;
}

export class Services implements AsyncDisposable {
  /** Takes `service://orders/path`. */
  readonly fetch: ServiceFetch;
  readonly #source: ViewSource;
  readonly #options: DiscoverOptions;
  readonly #onClose: () => Promise<void>;
  readonly #clients: ClientShelf;
  #closing: Promise<void> | undefined;

  constructor(source: ViewSource, options: DiscoverOptions, onClose: () => Promise<void>) {
    const { clientsMax = 1_000 } = options;
    if (!(Number.isInteger(clientsMax) && clientsMax >= 1))
      throw invalidOption('clientsMax', clientsMax, 'a whole number from 1 on');
    this.#clients = new ClientShelf(clientsMax);
    this.#source = source;
    this.#options = options;
    this.#onClose = onClose;
    this.fetch = serviceFetch((service) => this.service(service), options.fetch);
  }

  /**
   * The client of a service. The first call makes it; with options, which count over `defaults`, only the first call may
   * come, since circuits, budget and sessions are one for all of its callers.
   */
  service(name: string, options?: ServiceOptions): ServiceClient {
    if (this.#closing !== undefined) throw servicesClosed();
    if (typeof name !== 'string' || name === '')
      throw invalidOption('service', name, 'the name of a service');
    const known = this.#clients.get(name);
    if (known !== undefined) {
      if (options === undefined) return known;
      throw invalidOption(`options of ${name}`, options, 'given once, where the service is asked for first');
    }
    const told = { ...this.#options.defaults, ...options };
    const policy = new ServicePolicy(name, this.#source, told, this.#options.clock);
    const client = new ServiceClient(policy);
    this.#clients.add(client, policy, options !== undefined);
    return client;
  }

  /** Of all services that were asked for and whose clients do not rest, for metrics. */
  get figures(): readonly ServiceFigures[] {
    return this.#clients.awake().map(({ figures }) => figures);
  }

  /** Ends all views. Calls that are under way go on. May be called twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#clients.close();
    await this.#onClose();
  }
}

/**
 * On anything that has a view of each service: a registry, `fixedInstances()`; it stays open when this is closed. Or on
 * what a registry can be made of, a coordination, an engine or a store: then that registry is closed with this.
 */
export function discover(on: ViewSource | RegistryGround, options: DiscoverOptions = {}): Services {
  if (isViewSource(on)) return new Services(on, options, () => Promise.resolve());
  const registry = serviceRegistry(on);
  return new Services(registry, options, () => registry.close());
}

function isViewSource(on: ViewSource | RegistryGround): on is ViewSource {
  return 'view' in on && typeof on.view === 'function';
}

function servicesClosed(): QuorateError<'closed'> {
  return new QuorateError({
    code: 'closed',
    message: 'the services were closed; ask a new discover() for them',
    data: { what: 'services' },
  });
}

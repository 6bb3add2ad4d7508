/** Services that stand in a list, for programs without a registry and for tests. The list may be replaced at any time. */
import { invalidOption } from '../../base/index.ts';
import type { Address } from '../../ports/index.ts';
import type { Instance, ServiceSnapshot } from '../instance.ts';
import { Listeners } from '../listeners.ts';
import { isAddress } from '../told-instance.ts';
import type { CalledView, ViewSource } from './view-source.ts';

/** An address as `host:port`, or an instance of which all but the address may be left out. */
export type FixedInstance = string | (Partial<Omit<Instance, 'service'>> & { readonly address: Address });

export type FixedServices = Readonly<Record<string, readonly FixedInstance[]>>;

export function fixedInstances(services: FixedServices): FixedInstances {
  return new FixedInstances(services);
}

export class FixedInstances implements ViewSource {
  readonly #lists = new Map<string, FixedList>();

  constructor(services: FixedServices) {
    for (const [service, instances] of Object.entries(services)) this.replace(service, instances);
  }

  /** Services that have a list, and those that somebody waits for one of. */
  get services(): readonly string[] {
    return [...this.#lists.keys()];
  }

  /** Of a service that is in no list: one without instances. */
  view(service: string): CalledView {
    return new FixedView(service, this.#lists);
  }

  /** Another list, heard of at once by everybody who calls the service. */
  replace(service: string, instances: readonly FixedInstance[]): void {
    const checked = instances.map((given, at) => instanceOf(service, given, at));
    const sorted = checked.sort((left, right) => (left.id < right.id ? -1 : 1));
    const twice = sorted.find(({ id }, at) => id === sorted[at - 1]?.id);
    if (twice !== undefined) throw invalidOption(`${service}.id`, twice.id, 'the id of one instance only');
    listOf(this.#lists, service).replace(sorted);
  }
}

class FixedList {
  readonly #listeners = new Listeners<ServiceSnapshot>();
  snapshot: ServiceSnapshot;
  hearers = 0;

  constructor(service: string) {
    this.snapshot = { service, instances: [], version: 0 };
  }

  replace(instances: readonly Instance[]): void {
    const { service, version } = this.snapshot;
    this.snapshot = { service, instances, version: version + 1 };
    this.#listeners.tell(this.snapshot);
  }

  add(listener: (snapshot: ServiceSnapshot) => void): () => void {
    return this.#listeners.add(listener);
  }
}

function listOf(lists: Map<string, FixedList>, service: string): FixedList {
  const list = lists.get(service) ?? new FixedList(service);
  lists.set(service, list);
  return list;
}

/** A name that was never in a list is kept for as long as somebody listens for it. */
class FixedView implements CalledView {
  readonly isKnown = true;
  readonly staleMs = 0;
  readonly #service: string;
  readonly #lists: Map<string, FixedList>;
  readonly #nobody: ServiceSnapshot;

  constructor(service: string, lists: Map<string, FixedList>) {
    this.#service = service;
    this.#lists = lists;
    this.#nobody = { service, instances: [], version: 0 };
  }

  get snapshot(): ServiceSnapshot {
    return this.#lists.get(this.#service)?.snapshot ?? this.#nobody;
  }

  subscribe(listener: (snapshot: ServiceSnapshot) => void): () => void {
    const list = listOf(this.#lists, this.#service);
    const remove = list.add(listener);
    list.hearers += 1;
    let isOver = false;
    return () => {
      remove();
      if (isOver) return;
      isOver = true;
      list.hearers -= 1;
      if (list.hearers === 0 && list.snapshot.version === 0) this.#lists.delete(this.#service);
    };
  }
}

function instanceOf(service: string, given: FixedInstance, at: number): Instance {
  const told = typeof given === 'string' ? { address: addressOf(given, `${service}[${at}]`) } : given;
  if (!isAddress(told.address))
    throw invalidOption(`${service}[${at}].address`, told.address, 'a host, and a port from 1 to 65535');
  const { host, port } = told.address;
  return {
    service,
    id: `${host}:${port}`,
    status: 'passing',
    weight: 1,
    zone: undefined,
    region: undefined,
    version: undefined,
    tags: [],
    metadata: {},
    token: 0,
    ...told,
  };
}

function addressOf(text: string, option: string): Address {
  const [, host, digits] =
    /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text)?.filter((part) => part !== undefined) ?? [];
  const port = Number(digits);
  if (host === undefined || !(port >= 1 && port <= 65_535)) {
    throw invalidOption(option, text, 'an address such as 10.0.0.1:8080 or [::1]:8080');
  }
  return { host, port };
}

/**
 * The clients of services, by name, so many of them awake. At the bound those rest that were called the longest ago: a
 * client that rests has no view, and so no watch in the registry, and opens another one when it is called. Nothing of
 * that needs a timer.
 *
 * Whoever still has a client that rests has the only one of its name, since circuits and budget are one for all callers;
 * so it is given to the next who asks. Those that nobody has any more are nobody's to keep, and the collector takes them.
 */
import type { ServiceClient } from './service-client.ts';
import type { ServicePolicy } from './service-policy.ts';

interface Kept {
  readonly client: ServiceClient;
  readonly policy: ServicePolicy;
  /** It was given options of its own, which nobody would give a second time: it does not rest. */
  readonly isTold: boolean;
  /** The larger the later it was made or called. */
  used: number;
}

export class ClientShelf {
  readonly #awakeMax: number;
  readonly #awake = new Map<string, Kept>();
  readonly #resting = new Map<string, WeakRef<Kept>>();
  readonly #collected = new FinalizationRegistry<string>((name) => {
    if (this.#resting.get(name)?.deref() === undefined) this.#resting.delete(name);
  });
  #uses = 0;

  constructor(awakeMax: number) {
    this.#awakeMax = awakeMax;
  }

  get(name: string): ServiceClient | undefined {
    return this.#kept(name)?.client;
  }

  add(client: ServiceClient, policy: ServicePolicy, isTold: boolean): void {
    const kept: Kept = { client, policy, isTold, used: 0 };
    policy.onUse = () => this.#use(kept);
    policy.onClose = () => this.#drop(kept);
    // Once: each time that it goes to rest would be one more for as long as it lives.
    this.#collected.register(kept, client.service);
    this.#use(kept);
  }

  awake(): ServiceClient[] {
    return [...this.#awake.values()].map(({ client }) => client);
  }

  close(): void {
    const resting = [...this.#resting.values()].flatMap((one) => one.deref() ?? []);
    for (const { client } of [...this.#awake.values(), ...resting]) client.close();
  }

  #kept(name: string): Kept | undefined {
    return this.#awake.get(name) ?? this.#resting.get(name)?.deref();
  }

  /** Its user has closed it: the next who asks for its service has another one. */
  #drop(kept: Kept): void {
    const { service } = kept.client;
    if (this.#kept(service) !== kept) return;
    this.#awake.delete(service);
    this.#resting.delete(service);
  }

  #use(kept: Kept): void {
    this.#uses += 1;
    kept.used = this.#uses;
    const { service } = kept.client;
    if (this.#awake.get(service) === kept) return;
    this.#resting.delete(service);
    this.#awake.set(service, kept);
    while (this.#awake.size > this.#awakeMax && this.#letRest(kept));
  }

  /** False: all others are in use. */
  #letRest(used: Kept): boolean {
    let idlest: Kept | undefined;
    for (const kept of this.#awake.values()) {
      const isInUse = kept === used || kept.isTold || kept.policy.meter.figures.running > 0;
      if (!isInUse && kept.used < (idlest?.used ?? Number.POSITIVE_INFINITY)) idlest = kept;
    }
    if (idlest === undefined) return false;
    const { service } = idlest.client;
    this.#awake.delete(service);
    idlest.policy.rest();
    this.#resting.set(service, new WeakRef(idlest));
    return true;
  }
}

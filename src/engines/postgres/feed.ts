/**
 * The changes of one directory, read once for all watches of this engine that are in it. A thousand waiters for one
 * lock cost the server one question for each change, not a thousand.
 */
import { changesAfter, lastOf } from './changes.ts';
import { mayMend, type Server } from './server.ts';
import { beatText } from './statements.ts';
import { Subscription } from './subscription.ts';

export class Feed {
  readonly directory: string;
  readonly #server: Server;
  readonly #subscriptions = new Set<Subscription>();
  #position: number | undefined;
  #reading: Promise<void> | undefined;
  /** There was news while it was reading. */
  #isStale = false;

  constructor(server: Server, directory: string) {
    this.#server = server;
    this.directory = directory;
  }

  get isUnused(): boolean {
    return this.#subscriptions.size === 0;
  }

  subscribe(name: string | undefined): Subscription {
    const subscription = new Subscription(name);
    this.#subscriptions.add(subscription);
    if (this.#position === undefined) this.look();
    else subscription.begin(this.#position);
    return subscription;
  }

  remove(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
  }

  /** How far the directory is; undefined: it has no row. */
  tell(last: number | undefined): void {
    const position = this.#position;
    if (position === undefined || (last ?? 0) > position || (last === undefined && position > 0)) this.look();
  }

  /** Reads on until there is nothing new. */
  look(): void {
    this.#isStale = true;
    this.#reading ??= this.#catchUp();
  }

  /** Nothing that was heard so far can be relied on. */
  restart(): void {
    this.#position = undefined;
    for (const subscription of this.#subscriptions) subscription.restart();
    this.look();
  }

  fail(error: unknown): void {
    for (const subscription of this.#subscriptions) subscription.fail(error);
  }

  /** What hinders it may be over at the next beat. */
  async #catchUp(): Promise<void> {
    try {
      while (this.#isStale && !this.isUnused) {
        this.#isStale = false;
        await this.#read();
      }
    } catch (error) {
      if (!mayMend(error)) this.fail(error);
    } finally {
      this.#reading = undefined;
    }
  }

  async #read(): Promise<void> {
    const position = this.#position;
    if (position === undefined) {
      const text = beatText(this.#server.settings.schema, [this.directory]);
      this.#position = lastOf(await this.#server.read({}, 'calls', [this.directory], text));
      for (const subscription of this.#subscriptions) subscription.begin(this.#position);
      return;
    }
    const page = await changesAfter(this.#server, this.directory, position);
    // In the meantime it was told that all is new.
    if (this.#position !== position) return;
    this.#position = page.last;
    for (const subscription of this.#subscriptions) {
      if (page.kind === 'gap') subscription.miss();
      else subscription.push(page.changes);
    }
    if (page.kind === 'changes' && page.hasMore) this.#isStale = true;
  }
}

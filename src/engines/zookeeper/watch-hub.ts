/**
 * Who wants to hear of which nodes, on one connection after the other: a watch on a path is registered once however
 * many ask, again on each new connection, and taken back when the last one leaves.
 */
import type { QuorateError } from '../../base/index.ts';
import type { Reply, ZookeeperLink } from './connection/index.ts';
import { type Notification, unwatchRequest, watchRequest } from './wire/index.ts';

export interface Interest {
  /** It hears of this node and of those directly below it. */
  readonly path: string;
  /** Begins anew on this connection. */
  begin(link: ZookeeperLink): void;
  heard(event: Notification): void;
  /** No connection will come any more. */
  end(reason: QuorateError): void;
}

export class WatchHub {
  readonly #interests = new Map<string, Set<Interest>>();
  #link: ZookeeperLink | undefined;
  /** Answers to what was registered on this connection. */
  #registered = new Map<string, Promise<Reply<void>>>();

  connected(link: ZookeeperLink): void {
    this.#link = link;
    this.#registered = new Map();
    for (const interest of this.#all()) interest.begin(link);
  }

  disconnected(): void {
    this.#link = undefined;
  }

  ended(reason: QuorateError): void {
    for (const interest of this.#all()) interest.end(reason);
  }

  event(event: Notification): void {
    const { path } = event;
    const above = path.slice(0, Math.max(1, path.lastIndexOf('/')));
    for (const place of new Set([path, above]))
      for (const interest of [...(this.#interests.get(place) ?? [])]) interest.heard(event);
  }

  attach(interest: Interest): void {
    const others = this.#interests.get(interest.path);
    if (others === undefined) this.#interests.set(interest.path, new Set([interest]));
    else others.add(interest);
    if (this.#link !== undefined) interest.begin(this.#link);
  }

  detach(interest: Interest): void {
    const others = this.#interests.get(interest.path);
    if (others?.delete(interest) !== true || others.size > 0) return;
    this.#interests.delete(interest.path);
    const isRegistered = this.#registered.delete(interest.path);
    // Whether the server has taken it back matters to nobody: what it still tells, nobody hears.
    if (isRegistered) this.#link?.request(unwatchRequest(interest.path)).catch(() => undefined);
  }

  /** Resolves when the watch on this path stands; what is asked on this connection after the call is answered behind that. */
  register(link: ZookeeperLink, path: string): Promise<Reply<void>> {
    if (link !== this.#link) return link.request(watchRequest(path));
    const known = this.#registered.get(path);
    if (known !== undefined) return known;
    const registered = link.request(watchRequest(path));
    this.#registered.set(path, registered);
    return registered;
  }

  #all(): Interest[] {
    return [...this.#interests.values()].flatMap((interests) => [...interests]);
  }
}

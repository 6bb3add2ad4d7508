/**
 * In which order servers are tried: by chance, so that the clients of a server that failed spread over the others, and
 * those last that failed a moment ago. All sessions of an engine share what one of them has found out: a member that
 * stands still accepts connections and says nothing, and a session has no time to be told so twice.
 */
import type { Prng } from '../../../base/index.ts';
import type { Address } from '../../../ports/index.ts';

/** For so long a server that failed is tried last. */
const failureMs = 10_000;

export class ServerOrder {
  readonly #servers: readonly Address[];
  readonly #failedAt = new Map<Address, number>();

  constructor(servers: readonly Address[]) {
    this.#servers = servers;
  }

  get size(): number {
    return this.#servers.length;
  }

  /** Every server once. */
  round(now: number, prng: Prng): readonly Address[] {
    const drawn = this.#servers.map((address) => ({ address, place: prng.float() }));
    drawn.sort((a, b) => a.place - b.place);
    const hasFailed = ({ address }: { readonly address: Address }): boolean => {
      const at = this.#failedAt.get(address);
      return at !== undefined && now - at < failureMs;
    };
    const [failed, others] = [drawn.filter(hasFailed), drawn.filter((one) => !hasFailed(one))];
    return [...others, ...failed].map(({ address }) => address);
  }

  failed(address: Address, now: number): void {
    this.#failedAt.set(address, now);
  }

  served(address: Address): void {
    this.#failedAt.delete(address);
  }
}

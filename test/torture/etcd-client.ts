/** A client and a watcher for etcd, thin: one server after the other, and no request twice that may have had an effect. */
import { setTimeout as delay } from 'node:timers/promises';
import { isQuorateError } from '../../src/base/index.ts';
import { base64, fromBase64, Gateway, type GatewayReply, prefixEnd } from './etcd-gateway.ts';
import type { Changed, Guard, Reading, SeenEvent, StoreClient, Watcher, Write } from './system.ts';

const requestMsMax = 3_000;
const tryMsMax = 1_000;
const pauseMs = 20;

export class EtcdClient implements StoreClient {
  readonly #gateways: readonly Gateway[];
  #preferred = 0;

  /** `ports`: in the order in which they are tried. */
  constructor(ports: readonly number[]) {
    this.#gateways = ports.map((port) => new Gateway(port));
  }

  async read(key: string): Promise<Reading> {
    const { header, kvs } = await this.#call('/v3/kv/range', { key: base64(key) }, true);
    const [pair] = kvs ?? [];
    return {
      value: pair === undefined ? undefined : fromBase64(pair.value),
      revision: Number(header?.revision ?? 0),
      token: Number(pair?.mod_revision ?? 0),
    };
  }

  async contents(prefix: string): Promise<ReadonlyMap<string, string>> {
    const range = { key: base64(prefix), range_end: base64(prefixEnd(prefix)) };
    const { kvs } = await this.#call('/v3/kv/range', range, true);
    return new Map(kvs?.map(({ key, value }) => [fromBase64(key), fromBase64(value)]));
  }

  async write(key: string, value: string): Promise<{ readonly revision: number }> {
    const { header } = await this.#call('/v3/kv/put', { key: base64(key), value: base64(value) }, false);
    return { revision: Number(header?.revision) };
  }

  /** There are no sessions that remember requests, so what may have been done is not done again. */
  writeOnce(key: string, value: string): Promise<{ readonly revision: number }> {
    return this.write(key, value);
  }

  swap(key: string, expected: string | undefined, value: string): Promise<Changed> {
    const at = { key: base64(key), result: 'EQUAL' };
    const compare =
      expected === undefined
        ? { ...at, target: 'MOD', mod_revision: '0' }
        : { ...at, target: 'VALUE', value: base64(expected) };
    return this.#transaction([compare], [{ key, value }]);
  }

  change(guards: readonly Guard[], writes: readonly Write[]): Promise<Changed> {
    const compares = guards.map(({ key, token }) => ({
      key: base64(key),
      result: 'EQUAL',
      target: 'MOD',
      mod_revision: String(token),
    }));
    return this.#transaction(compares, writes);
  }

  async sweep(prefix: string): Promise<void> {
    const range = { key: base64(prefix), range_end: base64(prefixEnd(prefix)) };
    const { header } = await this.#call('/v3/kv/deleterange', range, true);
    await this.#call('/v3/kv/compaction', { revision: header?.revision ?? '0' }, true);
  }

  close(): Promise<void> {
    for (const gateway of this.#gateways) gateway.close();
    return Promise.resolve();
  }

  async #transaction(compare: readonly object[], writes: readonly Write[]): Promise<Changed> {
    const success = writes.map(({ key, value }) => ({
      request_put: { key: base64(key), value: base64(value) },
    }));
    const { succeeded = false, header } = await this.#call('/v3/kv/txn', { compare, success }, false);
    return { done: succeeded, revision: Number(header?.revision) };
  }

  async #call(path: string, body: object, isRepeatable: boolean): Promise<GatewayReply> {
    const deadlineMs = performance.now() + requestMsMax;
    while (true) {
      const place = this.#preferred;
      const gateway = this.#gateways[place] as Gateway;
      try {
        return await gateway.call(path, body, isRepeatable ? tryMsMax : requestMsMax);
      } catch (error) {
        if (this.#preferred === place) this.#preferred = (place + 1) % this.#gateways.length;
        const mayRepeat = isRepeatable || (isQuorateError(error) && error.outcome === 'not-applied');
        if (!mayRepeat || performance.now() >= deadlineMs) throw error;
      }
      await delay(pauseMs);
    }
  }
}

export class EtcdWatcher implements Watcher {
  readonly events: SeenEvent[] = [];
  failure: string | undefined;
  readonly #gateway: Gateway;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #next = 1;

  constructor(port: number, prefix: string) {
    this.#gateway = new Gateway(port);
    this.#done = this.#follow(prefix);
  }

  forget(count: number): void {
    this.events.splice(0, count);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
    this.#gateway.close();
  }

  async #follow(prefix: string): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const range = { key: base64(prefix), range_end: base64(prefixEnd(prefix)) };
      const query = { create_request: { ...range, start_revision: String(this.#next) } };
      try {
        for await (const { result } of this.#gateway.stream('/v3/watch', query, this.#closing.signal)) {
          if (result?.canceled === true) throw new Error('the server ended the watch');
          this.#take(result?.events ?? []);
        }
      } catch {
        // Whatever broke it, the stream is taken up again behind what was heard; a gap shows at the barrier.
      }
      await delay(pauseMs);
    }
  }

  #take(events: NonNullable<NonNullable<GatewayReply['result']>['events']>): void {
    for (const { type, kv } of events) {
      const revision = Number(kv.mod_revision);
      const value = type === 'DELETE' ? undefined : fromBase64(kv.value);
      this.events.push({ key: fromBase64(kv.key), value, revision });
      this.#next = revision + 1;
    }
  }
}

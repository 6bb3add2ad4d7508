/** Policies around a function and around an object that somebody else has written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Call, Policy, type Task, wrap, wrapClient } from '../../src/resilience/index.ts';

/** Counts what passes through, and answers a failure with the word `instead`. */
class Instead extends Policy<'custom', 'instead'> {
  readonly calls: Call[] = [];

  constructor() {
    super(['custom'], 'instead');
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T | 'instead'> {
    this.calls.push(call);
    try {
      return await task(call);
    } catch {
      return 'instead';
    }
  }
}

class Shop {
  readonly name = 'corner';
  readonly #prices = new Map([['tea', 3]]);

  async price(good: string): Promise<number> {
    const price = this.#prices.get(good);
    if (price === undefined) throw new Error(`no ${good}`);
    return price;
  }

  async order(good: string, count: number): Promise<string> {
    return `${count} ${good}`;
  }

  size(): number {
    return this.#prices.size;
  }
}

test('a function is called with the call and its own words', async () => {
  const price = wrap(
    new Instead(),
    ({ attempt }, good: string, count: number) => `${good} ${count} ${attempt}`,
  );
  const answer: string = await price('tea', 2);
  assert.equal(answer, 'tea 2 1');
});

test('what a call is made with decides its options', async () => {
  const policy = new Instead();
  const get = wrap(
    policy,
    (_, method: string) => method,
    (method) => ({ idempotent: method === 'GET' }),
  );
  await get('GET');
  await get('POST');
  assert.deepEqual(
    policy.calls.map(({ idempotent }) => idempotent),
    [true, false],
  );
});

test('options that cannot be made reject and do not throw', async () => {
  const get = wrap(
    new Instead(),
    () => 1,
    () => {
      throw new RangeError('no options');
    },
  );
  await assert.rejects(get(), RangeError);
});

test('the named methods of a client are guarded, on the client itself; the others are its own', async () => {
  const policy = new Instead();
  const shop = wrapClient(policy, new Shop(), { price: { idempotent: true } });
  const price: number | 'instead' = await shop.price('tea');
  assert.deepEqual([price, await shop.price('gold'), await shop.order('tea', 2)], [3, 'instead', '2 tea']);
  assert.deepEqual([shop.name, shop.size()], ['corner', 1]);
  assert.deepEqual(
    policy.calls.map(({ idempotent }) => idempotent),
    [true, true],
  );
});

test('a method that there is not is refused when the client is wrapped', () => {
  const unchecked = wrapClient as (
    policy: Policy<'custom', unknown>,
    client: object,
    methods: object,
  ) => unknown;
  assert.throws(() => unchecked(new Instead(), new Shop(), { prize: true }), {
    code: 'invalid-option',
    message: /methods\.prize is undefined.*a method of the client/,
  });
  // @ts-expect-error: `size` answers at once
  wrapClient(new Instead(), new Shop(), { size: true });
  // @ts-expect-error: there is no such method
  assert.throws(() => wrapClient(new Instead(), new Shop(), { prize: true }));
});

test('a client that is frozen can be guarded as well', async () => {
  const find = async (id: string): Promise<string> => `row ${id}`;
  const rows = wrapClient(new Instead(), Object.freeze({ find, size: 3 }), { find: true });
  assert.deepEqual([await rows.find('7'), rows.size], ['row 7', 3]);
  assert.deepEqual(Object.keys(rows), ['find', 'size']);
  assert.equal('find' in rows, true);
});

test('what is set is set on the client, with its private fields', () => {
  class Patient {
    #waitMs = 1;
    get waitMs(): number {
      return this.#waitMs;
    }
    set waitMs(waitMs: number) {
      this.#waitMs = waitMs;
    }
    async find(): Promise<number> {
      return this.#waitMs;
    }
  }
  const client = new Patient();
  const guarded = wrapClient(new Instead(), client, { find: true });
  guarded.waitMs = 7;
  assert.deepEqual([guarded.waitMs, client.waitMs], [7, 7]);
  assert.ok(guarded instanceof Patient);
});

test('a method that is not guarded is the same one each time, with what it carries', () => {
  const query = Object.assign(() => 'rows', { raw: () => 'raw' });
  const guarded = wrapClient(new Instead(), { query, find: async () => 1 }, { find: true });
  assert.equal(guarded.query, guarded.query);
  assert.deepEqual([guarded.query(), guarded.query.raw()], ['rows', 'raw']);
});

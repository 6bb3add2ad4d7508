/** `fetch` with policies around it: what they see of an exchange, and what its caller gets. */
import assert from 'node:assert/strict';
import { getEventListeners, once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { isQuorateError } from '../../src/base/index.ts';
import { statedBy } from '../../src/resilience/failure.ts';
import {
  type Call,
  type CallContext,
  hedge,
  Policy,
  type ResilientFetchOptions,
  resilientFetch,
  responseOf,
  retry,
  singleFlight,
  type Task,
} from '../../src/resilience/index.ts';
import { ManualClock, turn } from '../net/manual-clock.ts';

/** Goes on until a try does not fail, and notes what the policies were told. */
class Stubborn extends Policy<'custom'> {
  readonly failures: unknown[] = [];
  readonly calls: Call[] = [];
  readonly #tries: number;

  constructor(tries = 2) {
    super(['custom'], 'stubborn');
    this.#tries = tries;
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      this.calls.push(call);
      try {
        return await task(call.retried(attempt));
      } catch (error) {
        this.failures.push(error);
        if (attempt === this.#tries) throw error;
      }
    }
  }
}

interface Sent {
  readonly method: string | undefined;
  readonly signal: AbortSignal | null | undefined;
}

/** Answers with the next status, or fails with the next error. */
function server(...answers: readonly (Response | Error)[]): {
  readonly sent: Sent[];
  readonly options: ResilientFetchOptions;
} {
  const sent: Sent[] = [];
  const left = [...answers];
  const fetch: typeof globalThis.fetch = async (_, init) => {
    sent.push({ method: init?.method, signal: init?.signal });
    const next = left.shift();
    if (next instanceof Response) return next;
    throw next;
  };
  return { sent, options: { fetch } };
}

const status = (code: number, headers?: Record<string, string>): Response =>
  new Response(`status ${code}`, { status: code, ...(headers && { headers }) });

const lost = (code: string, syscall?: string): Error =>
  new TypeError('fetch failed', {
    cause: Object.assign(new Error(code), { code, ...(syscall && { syscall }) }),
  });

/** The answer of where a server has sent the one who asked. */
function behindRedirection(answer: Response): Response {
  Object.defineProperty(answer, 'redirected', { value: true });
  return answer;
}
const url = 'http://orders.test/1';

test('a status that stands for a failure is tried again, and what was not read of it is given up', async () => {
  const first = status(503);
  const { options, sent } = server(first, status(200));
  const answer = await resilientFetch(new Stubborn(), options)(url);
  assert.equal(await answer.text(), 'status 200');
  assert.equal(sent.length, 2);
  assert.equal(
    await first.body
      ?.getReader()
      .read()
      .then(({ done }) => done),
    true,
  );
});

test('the last answer is what the caller gets, whatever its status, with its body to read', async () => {
  const policy = new Stubborn();
  const { options } = server(status(503), status(500));
  const answer = await resilientFetch(policy, options)(url);
  assert.deepEqual([answer.status, await answer.text()], [500, 'status 500']);
  assert.deepEqual(
    policy.failures.map((failure) => responseOf(failure)?.status),
    [503, 500],
  );
});

test('a status of the caller alone is an answer at once', async () => {
  const { options, sent } = server(status(404));
  assert.equal((await resilientFetch(new Stubborn(), options)(url)).status, 404);
  assert.equal(sent.length, 1);
});

test('which statuses are failures can be said', async () => {
  const { options } = server(status(404), status(503));
  const answer = await resilientFetch(new Stubborn(), { ...options, failureStatuses: [404] })(url);
  assert.equal(answer.status, 503);
});

const statements: readonly [string, RequestInit, Response | Error, object][] = [
  [
    'too many requests: nothing was done',
    { method: 'POST' },
    status(429),
    { retryable: true, outcome: 'not-applied' },
  ],
  [
    'the time to come again',
    {},
    status(503, { 'retry-after': '7' }),
    { retryable: true, outcome: 'unknown', retryAfterMs: 7000 },
  ],
  [
    'a date to come again, by a clock that nobody knows',
    {},
    status(503, { 'retry-after': 'Mon, 30 Nov 2026 10:00:00 GMT' }),
    { retryable: true, outcome: 'unknown' },
  ],
  [
    'a server that failed may have done it',
    { method: 'POST' },
    status(500),
    { retryable: true, outcome: 'unknown' },
  ],
  [
    'too many requests of where an order that was done sends to',
    { method: 'POST' },
    behindRedirection(status(429)),
    { retryable: true, outcome: 'unknown' },
  ],
  [
    'no connection: nothing was sent',
    { method: 'POST', redirect: 'error' },
    lost('ECONNREFUSED'),
    { outcome: 'not-applied' },
  ],
  ['no connection, for a question', {}, lost('ECONNREFUSED', 'connect'), { outcome: 'not-applied' }],
  [
    'no connection, it may be that to where an order that was done sends to',
    { method: 'POST' },
    lost('ECONNREFUSED', 'connect'),
    { outcome: 'unknown' },
  ],
  [
    'a connection whose way was lost',
    { method: 'POST', redirect: 'manual' },
    lost('ENETUNREACH', 'read'),
    { outcome: 'unknown' },
  ],
  [
    'what sends says it itself',
    { method: 'POST' },
    Object.assign(new Error('refused'), { retryable: false, outcome: 'not-applied', retryAfterMs: 5 }),
    { retryable: false, outcome: 'not-applied', retryAfterMs: 5 },
  ],
  ['a connection that was lost', { method: 'POST' }, lost('ECONNRESET'), { outcome: 'unknown' }],
  [
    'a body that flowed away is not sent again',
    { method: 'POST', body: new ReadableStream(), duplex: 'half' },
    lost('ECONNRESET'),
    { outcome: 'unknown', retryable: false },
  ],
];
for (const [name, init, answer, statement] of statements) {
  test(`what a failure says of itself: ${name}`, async () => {
    const policy = new Stubborn(1);
    const { options } = server(answer);
    const outcome = await resilientFetch(policy, options)(url, init).catch((error: unknown) => error);
    assert.equal(outcome, answer, 'goes through as it is');
    assert.deepEqual(statedBy(policy.failures[0]), statement);
    assert.equal(isQuorateError(policy.failures[0]), answer instanceof Response);
  });
}

const methods: readonly [string, RequestInit & { call?: { idempotent: boolean } }, boolean][] = [
  ['GET is idempotent without a word', {}, true],
  ['PUT is', { method: 'put' }, true],
  ['POST is not', { method: 'POST' }, false],
  ['POST with a key is', { method: 'POST', headers: { 'Idempotency-Key': 'k' } }, true],
  ['PUT of what flows is not', { method: 'PUT', body: new ReadableStream(), duplex: 'half' }, false],
  ['what the caller says stands above', { method: 'POST', call: { idempotent: true } }, true],
];
for (const [name, init, idempotent] of methods) {
  test(name, async () => {
    const policy = new Stubborn();
    await resilientFetch(policy, server(status(200)).options)(url, init);
    assert.equal(policy.calls[0]?.idempotent, idempotent);
  });
}

test('the method of a request object counts', async () => {
  const policy = new Stubborn();
  await resilientFetch(policy, server(status(200)).options)(new Request(url, { method: 'POST', body: 'x' }));
  assert.equal(policy.calls[0]?.idempotent, false);
});

test('an answer that no longer counts may have failed by itself, or be read by a predicate', async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new Error('reset')) });
  const first = server(new Response(broken, { status: 503 }), status(200));
  assert.equal((await resilientFetch(new Stubborn(), first.options)(url)).status, 200);
  const texts: (Promise<string> | undefined)[] = [];
  const reading = retry({ backoff: 0, retryOn: (error) => texts.push(responseOf(error)?.text()) > 0 });
  const second = server(status(503), status(200));
  assert.equal((await resilientFetch(reading, second.options)(url)).status, 200);
  assert.deepEqual(await Promise.all(texts), ['status 503']);
});

test('a caller gets a response as well where an earlier try speaks for all', async () => {
  const answer = await resilientFetch(
    retry({ maxAttempts: 2, backoff: 0 }),
    server(status(500, { 'x-id': '7' }), status(429)).options,
  )(url);
  assert.deepEqual([answer.status, answer.headers.get('x-id'), await answer.text()], [500, '7', '']);
});

/** Answers each request when the test says so, whatever its signal says. */
class Deaf {
  readonly answers: PromiseWithResolvers<Response>[] = [];
  readonly clock = new ManualClock();
  readonly hedged = resilientFetch(hedge({ idempotent: 'by-call', after: 10, clock: this.clock }), {
    fetch: () => {
      const answer = Promise.withResolvers<Response>();
      this.answers.push(answer);
      return answer.promise;
    },
  });

  async answered(number: number, response: Response): Promise<void> {
    this.answers[number]?.resolve(response);
    await turn();
  }
}

async function hedgedTwice(): Promise<{ deaf: Deaf; answer: Promise<Response> }> {
  const deaf = new Deaf();
  const answer = deaf.hedged(url);
  deaf.clock.advance(10);
  await turn();
  assert.equal(deaf.answers.length, 2);
  return { deaf, answer };
}

test('of two tries that fail the caller gets the answer that is told, and the other one is given up', async () => {
  const { deaf, answer } = await hedgedTwice();
  const other = status(500);
  await deaf.answered(1, status(503));
  await deaf.answered(0, other);
  const told = await answer;
  assert.deepEqual([told.status, await told.text()], [503, 'status 503']);
  assert.equal(other.bodyUsed, true);
});

test('a failure beside the answer is given up, and so is what comes later', async () => {
  const first = await hedgedTwice();
  const failed = status(503);
  await first.deaf.answered(0, failed);
  await first.deaf.answered(1, status(200));
  assert.equal(await (await first.answer).text(), 'status 200');
  assert.equal(failed.bodyUsed, true);
  const second = await hedgedTwice();
  const late = status(200);
  await second.deaf.answered(1, status(201));
  const answer = await second.answer;
  await second.deaf.answered(0, late);
  assert.deepEqual([await answer.text(), late.bodyUsed], ['status 201', true]);
});

test('who leaves calls that share one execution takes the answer from none of them', async () => {
  const answers: PromiseWithResolvers<Response>[] = [];
  const shared = resilientFetch(singleFlight({ key: () => 'same' }), {
    fetch: () => {
      const answer = Promise.withResolvers<Response>();
      answers.push(answer);
      return answer.promise;
    },
  });
  const giving = new AbortController();
  const first = shared(url, { signal: giving.signal });
  const second = shared(url);
  await turn();
  giving.abort(new Error('enough'));
  await assert.rejects(first, /enough/);
  answers[0]?.resolve(status(200));
  assert.equal(answers.length, 1);
  assert.equal(await (await second).text(), 'status 200');
});

test('the signal of a request object is heard as that of the arguments', async () => {
  const giving = new AbortController();
  const refused = resilientFetch(new Stubborn(1), { fetch: () => new Promise(() => undefined) })(
    new Request(url, { signal: giving.signal }),
  );
  giving.abort(new Error('enough'));
  await assert.rejects(refused, /enough/);
});

test('a body that is made piece by piece is sent once', async () => {
  const sent: string[] = [];
  const take: typeof globalThis.fetch = async (_, init) => {
    const pieces = init?.body as unknown as AsyncIterable<string>;
    let text = '';
    for await (const piece of pieces) text += piece;
    sent.push(text);
    return status(503);
  };
  const pieces = async function* (): AsyncGenerator<string> {
    yield 'all of it';
  };
  const body = pieces() as unknown as ReadableStream;
  const answer = await resilientFetch(retry({ backoff: 0 }), { fetch: take })(url, { method: 'PUT', body });
  assert.deepEqual([answer.status, sent], [503, ['all of it']]);
});

const refusals: readonly [string, unknown, string, unknown][] = [
  ['statuses that are no list', { failureStatuses: '503' }, 'failureStatuses', '503'],
  ['a status that is no number', { failureStatuses: [503, Number.NaN] }, 'failureStatuses', Number.NaN],
  ['a status that there is not', { failureStatuses: [5030] }, 'failureStatuses', 5030],
  ['what does not send', { fetch: 'https' }, 'fetch', 'https'],
];
for (const [name, options, option, value] of refusals) {
  test(`refused when it is made: ${name}`, () => {
    assert.throws(
      () => resilientFetch(new Stubborn(), options as ResilientFetchOptions),
      (error) => {
        assert.ok(isQuorateError(error) && error.code === 'invalid-option');
        assert.deepEqual([error.data.option, error.data.value], [option, value]);
        return true;
      },
    );
  });
}

test('a request of a package beside the runtime is judged by its form', async () => {
  const policy = new Stubborn();
  const { method, headers, signal, body } = new Request(url, { method: 'POST', body: 'x' });
  const foreign = { method, headers, signal, body } as Request;
  await resilientFetch(policy, server(status(200)).options)(foreign);
  assert.equal(policy.calls[0]?.idempotent, false);
});

test('an error of an earlier exchange is not taken for the answer of this one', async () => {
  const policy = new Stubborn(1);
  await resilientFetch(policy, server(status(503)).options)(url);
  const earlier = policy.failures[0];
  const again = resilientFetch(policy, {
    fetch: () => Promise.reject(earlier),
  });
  await assert.rejects(again(url), (error) => error === earlier);
});

test('who gives up ends the exchange, and afterwards the body that he still reads', async (t) => {
  const web = createServer((_, response) => {
    response.write('first');
  });
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  t.after(() => {
    web.closeAllConnections();
    web.close();
  });
  const address = `http://127.0.0.1:${(web.address() as AddressInfo).port}/`;
  const giving = new AbortController();
  const seen: CallContext[] = [];
  class Seen extends Stubborn {
    override run<T>(task: Task<T>, call: Call): Promise<T> {
      seen.push(call);
      return super.run(task, call);
    }
  }
  const answer = await resilientFetch(new Seen())(address, { signal: giving.signal });
  const text = answer.text();
  assert.equal(seen[0]?.signal.aborted, false);
  giving.abort(new Error('enough'));
  await assert.rejects(text);
  const refused = resilientFetch(new Stubborn())(address, { signal: giving.signal });
  await assert.rejects(refused, /enough/);
  assert.equal(getEventListeners(giving.signal, 'abort').length, 0);
});

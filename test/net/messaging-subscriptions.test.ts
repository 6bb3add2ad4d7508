/** What is published, and who hears of it: subjects, slow subscribers, lost connections. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { isQuorateError } from '../../src/base/index.ts';
import type { Subscription, SubscriptionItem } from '../../src/net/messaging/index.ts';
import { SubjectIndex } from '../../src/net/messaging/subject-index.ts';
import { failsWith } from '../ports/expectations.ts';
import { bytes, outcomeOf, scene, take, textOf } from './messaging-scene.ts';

const fitting: readonly (readonly [pattern: string, subject: string, fits: boolean])[] = [
  ['orders', 'orders', true],
  ['orders', 'orders.7', false],
  ['orders.7', 'orders', false],
  ['orders.*', 'orders.7', true],
  ['orders.*', 'orders', false],
  ['orders.*', 'orders.7.paid', false],
  ['orders.*.paid', 'orders.7.paid', true],
  ['orders.*.paid', 'orders.7.sent', false],
  ['*', 'orders', true],
  ['*', 'orders.7', false],
  ['*.*', 'orders.7', true],
  ['orders.>', 'orders.7', true],
  ['orders.>', 'orders.7.paid', true],
  ['orders.>', 'orders', false],
  ['>', 'orders', true],
  ['>', 'orders.7.paid', true],
  ['*.>', 'orders', false],
  ['*.7.>', 'orders.7.paid.late', true],
];

for (const [pattern, subject, fits] of fitting) {
  test(`${pattern} ${fits ? 'hears' : 'does not hear'} of ${subject}`, () => {
    const index = new SubjectIndex<string>();
    index.add(pattern, 'me');
    const heard: string[] = [];
    index.forEach(subject, (hearer) => heard.push(hearer));
    assert.deepEqual(heard, fits ? ['me'] : []);
    index.remove(pattern, 'me');
    index.forEach(subject, () => assert.fail('nobody is left'));
  });
}

test('an index tells whom trying every pattern would tell', () => {
  const part = fc.constantFrom('a', 'b', 'c');
  const subject = fc.array(part, { minLength: 1, maxLength: 4 });
  const pattern = fc
    .tuple(fc.array(fc.oneof(part, fc.constant('*')), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([words, isOpen]) => [...words, ...(isOpen ? ['>'] : [])].join('.'));
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12 }), subject, (patterns, words) => {
      const index = new SubjectIndex<number>();
      for (const [number, one] of patterns.entries()) index.add(one, number);
      const heard: number[] = [];
      index.forEach(words.join('.'), (hearer) => heard.push(hearer));
      const expected = patterns.flatMap((one, number) => {
        const form = one.replaceAll('.', '\\.').replaceAll('*', '[^.]+').replace(/>$/, '.+');
        return new RegExp(`^${form}$`).test(words.join('.')) ? [number] : [];
      });
      assert.deepEqual(
        heard.toSorted((left, right) => left - right),
        expected,
      );
    }),
  );
});

function message(subject: string, body: string): SubscriptionItem {
  return { kind: 'message', subject, body: bytes(body) };
}

function tale(items: readonly SubscriptionItem[]): string {
  return items
    .map((item) => (item.kind === 'message' ? textOf(item.body) : `(${item.missed ?? '?'})`))
    .join(' ');
}

/** How many messages came and how many are told to be missing; NaN where that is not known. */
function sum(items: readonly SubscriptionItem[]): { readonly came: number; readonly missed: number } {
  let came = 0;
  let missed = 0;
  for (const item of items) {
    if (item.kind === 'message') came += 1;
    else missed += item.missed ?? Number.NaN;
  }
  return { came, missed };
}

/** Everything that is told until nothing more comes for a while. */
async function drain(
  subscription: Subscription,
  pause: (forMs: number) => Promise<void>,
): Promise<SubscriptionItem[]> {
  const items: SubscriptionItem[] = [];
  const reading = (async () => {
    for await (const item of subscription) items.push(item);
  })();
  for (let seen = -1; seen !== items.length; ) {
    seen = items.length;
    await pause(8_000);
  }
  subscription.close();
  await reading;
  return items;
}

describe('a subscription', () => {
  test('hears what fits it from then on, in order, and nothing after it was closed', async () => {
    await scene({}, async ({ server, peer, sleep: pause }) => {
      server.publish('news.sport', bytes('before'));
      const subscription = await peer.subscribe('news.*');
      const everything = await peer.subscribe('>');
      server.publish('news.sport', bytes('1'));
      server.publish('weather', bytes('2'));
      server.publish('news.art', bytes('3'));
      assert.deepEqual(await take(subscription, 2), [message('news.sport', '1'), message('news.art', '3')]);
      assert.equal(tale(await take(everything, 3)), '1 2 3');
      subscription.close();
      subscription.close();
      await pause(10);
      server.publish('news.art', bytes('4'));
      assert.deepEqual(await take(subscription, 1), []);
      assert.equal(tale(await take(everything, 1)), '4');
    });
  });

  test('whose reader is too slow is told at its place how much is missing, and its peers hear everything', async () => {
    await scene({}, async ({ server, peer, sleep: pause }) => {
      const slow = await peer.subscribe('n', { messagesMax: 3 });
      const swift = await peer.subscribe('n', { messagesMax: 100 });
      for (let number = 0; number < 10; number += 1) server.publish('n', bytes(String(number)));
      await pause(10);
      assert.equal(tale(await take(slow, 4)), '0 1 2 (7)');
      server.publish('n', bytes('10'));
      assert.equal(tale(await take(slow, 1)), '10');
      assert.equal(tale(await take(swift, 11)), '0 1 2 3 4 5 6 7 8 9 10');
    });
  });

  test('bounds bytes, too, and takes a single message of any size', async () => {
    await scene({}, async ({ server, peer, sleep: pause }) => {
      const subscription = await peer.subscribe('n', { bytesMax: 100 });
      server.publish('n', new Uint8Array(1_000));
      server.publish('n', new Uint8Array(1));
      await pause(10);
      assert.deepEqual(sum(await take(subscription, 2)), { came: 1, missed: 1 });
    });
  });

  test('on a link that is too slow misses messages, which are counted; the publisher waits for nobody', async () => {
    await scene(
      { server: { unsentBytesMax: 100_000 }, network: { highWaterBytes: 64 * 1024, giveUpMs: 600_000 } },
      async ({ world, server, peer, sleep: pause }) => {
        const subscription = await peer.subscribe('n', { messagesMax: 100_000 });
        const narrow = world.apply({ kind: 'narrow-links', from: ['b'], to: ['a'], bytesPerMs: 100 });
        for (let number = 0; number < 2_000; number += 1) server.publish('n', new Uint8Array(1_000));
        const { eventsMissed } = server.figures;
        assert.ok(eventsMissed > 1_000, `${eventsMissed} were left out`);
        await pause(10);
        narrow.revert();
        const items = await drain(subscription, pause);
        assert.deepEqual(sum(items), { came: 2_000 - eventsMissed, missed: eventsMissed });
        assert.equal(items.at(-1)?.kind, 'gap', 'told although nothing more was published');
      },
    );
  });

  test('that loses its connection comes back by itself, and says that it may have missed something', async () => {
    await scene({}, async ({ world, server, peer, sleep: pause }) => {
      const subscription = await peer.subscribe('n');
      server.publish('n', bytes('1'));
      await pause(10);
      world.apply({ kind: 'reset', machine: 'a', peer: 'b' });
      server.publish('n', bytes('lost'));
      await pause(1_000);
      server.publish('n', bytes('2'));
      assert.equal(tale(await take(subscription, 3)), '1 (?) 2');
    });
  });

  test('survives the death of its publisher, and of the machine on which that runs', async () => {
    await scene({}, async ({ world, server, peer, sleep: pause, revive }) => {
      const subscription = await peer.subscribe('n');
      server.publish('n', bytes('1'));
      await pause(10);
      world.apply({ kind: 'crash', machine: 'b', unsynced: 'lose', forMs: 3_000 });
      await pause(4_000);
      const again = await revive();
      await pause(20_000);
      again.publish('n', bytes('2'));
      assert.equal(tale(await take(subscription, 3)), '1 (?) 2');
    });
  });

  test('that cannot be is refused: by its pattern, its number, or its time', async () => {
    await scene({ server: { limits: { subscriptionsMax: 1 } } }, async ({ server, peer, client }) => {
      for (const pattern of ['', 'a..b', 'a.', '>.a', 'a.>b', 'a*', 'a b', 'ä', 'a'.repeat(256)])
        await failsWith('invalid-option', peer.subscribe(pattern));
      for (const subject of ['', 'a.*', '>', 'a b'])
        assert.throws(() => server.publish(subject, bytes('')), { code: 'invalid-option' });
      assert.throws(() => server.publish('a', new Uint8Array(5 << 20)), { code: 'too-large' });
      const one = await peer.subscribe('a');
      await failsWith('queue-full', peer.subscribe('b'));
      one.close();
      await using other = await peer.subscribe('b');
      assert.equal(other.pattern, 'b');
      const nobody = await failsWith(
        'deadline-exceeded',
        client.peer({ host: 'c', port: 9 }).subscribe('a', { timeout: 100 }),
      );
      assert.equal(nobody.outcome, 'not-applied');
    });
  });

  test('at a program of another cluster ends with the reason', async () => {
    await scene({ server: { cluster: 'blue' } }, async ({ peer }) => {
      await failsWith('hello-refused', peer.subscribe('n'));
    });
  });

  test('ends its loop when the messenger is closed, with what was heard before', async () => {
    await scene({}, async ({ server, peer, client, sleep: pause }) => {
      const subscription = await peer.subscribe('n');
      server.publish('n', bytes('1'));
      await pause(10);
      await client.close();
      const iterator = subscription[Symbol.asyncIterator]();
      assert.deepEqual((await iterator.next()).value, message('n', '1'));
      const end = await outcomeOf(iterator.next());
      assert.ok(isQuorateError(end) && end.code === 'closed', String(end));
    });
  });
});

/** Names as DNS has them, and services as a registry has them: whatever the case, and without a watch for each stranger's word. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type DnsServer,
  type DnsServerOptions,
  dnsServer,
  type Instance,
} from '../../../src/discovery/index.ts';
import { ManualClock, until } from '../../net/manual-clock.ts';
import { exchange } from './dns-exchange.ts';
import { HeldView, instance } from './dns-ground.ts';
import { questionBytes, type ReadReply, readReply } from './dns-messages.ts';

class Street implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly server: DnsServer;
  /** As they are written. */
  readonly services: Map<string, readonly Instance[]>;
  /** Each that was opened, in order. */
  readonly opened: HeldView[];
  readonly lists: { count: number; fails: boolean; gate: Promise<void> | undefined };

  private constructor(parts: Pick<Street, 'server' | 'services' | 'opened' | 'lists' | 'clock'>) {
    this.clock = parts.clock;
    this.server = parts.server;
    this.services = parts.services;
    this.opened = parts.opened;
    this.lists = parts.lists;
  }

  static async open(
    services: Readonly<Record<string, readonly Instance[]>>,
    options: Partial<DnsServerOptions> = {},
  ): Promise<Street> {
    const clock = new ManualClock();
    const all = new Map(Object.entries(services));
    const opened: HeldView[] = [];
    const lists: Street['lists'] = { count: 0, fails: false, gate: undefined };
    const server = await dnsServer({
      listen: { port: 0 },
      ports: { clock },
      names: async () => {
        lists.count += 1;
        await lists.gate;
        if (lists.fails) throw new Error('no way there');
        return [...all.keys()];
      },
      views: (service) => {
        const view = new HeldView(service, all.get(service) ?? []);
        opened.push(view);
        return view;
      },
      ...options,
    });
    return new Street({ server, services: all, opened, lists, clock });
  }

  async ask(name: string): Promise<ReadReply> {
    return readReply(await exchange(this.server, questionBytes(name)));
  }

  /** A name whose labels may be anything, dots included. */
  async askLabels(labels: readonly string[]): Promise<ReadReply> {
    const plain = questionBytes('x');
    const name = labels.flatMap((label) => [
      label.length,
      ...Array.from(label, (each) => each.charCodeAt(0)),
    ]);
    const question = Uint8Array.from([...plain.subarray(0, 12), ...name, 0, ...plain.subarray(-4)]);
    return readReply(await exchange(this.server, question));
  }

  get openedNames(): readonly string[] {
    return this.opened.map(({ snapshot }) => snapshot.service);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close();
  }
}

const one = [instance('a', '10.0.0.1')];
const other = [instance('b', '10.0.0.2')];

test('a service is found in whatever case it is written, and in whatever case it is asked for', async () => {
  await using street = await Street.open({ orders: one, PayRoll: other, Müller: one });
  for (const [asked, address] of [
    ['ORDERS.Service.QUORATE', '10.0.0.1'],
    ['orders.service.quorate', '10.0.0.1'],
    ['payroll.service.quorate', '10.0.0.2'],
    ['PAYROLL.service.quorate', '10.0.0.2'],
    ['_PayRoll._TCP.service.quorate', '10.0.0.2'],
    ['MüLLER.service.quorate', '10.0.0.1'],
  ] as const) {
    const { code, answers, question } = await street.ask(asked);
    assert.equal(code, 0, asked);
    assert.match(answers[0] ?? '', new RegExp(` A ${address}$`), asked);
    assert.equal(question, String.fromCharCode(...questionBytes(asked).subarray(12, -4)), 'letter by letter');
  }
  assert.deepEqual(street.openedNames, ['orders', 'PayRoll', 'Müller'], 'one view each');
  assert.equal(street.lists.count, 1);
});

test('of services that differ only by case DNS names the one in lower case, or the first, and counts the others', async () => {
  await using street = await Street.open({ Orders: one, orders: other, Bills: one, BILLS: other });
  assert.match((await street.ask('Orders.service.quorate')).answers[0] ?? '', / A 10\.0\.0\.2$/);
  assert.match((await street.ask('bills.service.quorate')).answers[0] ?? '', / A 10\.0\.0\.2$/);
  assert.equal(street.server.figures.hiddenNames, 2);
});

test('a service that comes later is found a second later at most, and the names are read no more often', async () => {
  await using street = await Street.open({ orders: one });
  assert.equal((await street.ask('Later.service.quorate')).code, 3);
  street.services.set('Later', other);
  for (let time = 0; time < 20; time += 1) await street.ask('later.service.quorate');
  assert.equal(street.lists.count, 1);
  street.clock.advance(1_000);
  assert.equal((await street.ask('later.service.quorate')).code, 0);
  assert.equal(street.lists.count, 2);
});

test('one in lower case that comes later takes the name over, and nobody waits for that', async () => {
  await using street = await Street.open({ Orders: one });
  assert.match((await street.ask('orders.service.quorate')).answers[0] ?? '', / A 10\.0\.0\.1$/);
  street.services.set('orders', other);
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  street.lists.gate = gate;
  street.clock.advance(1_000);
  assert.match((await street.ask('orders.service.quorate')).answers[0] ?? '', / A 10\.0\.0\.1$/);
  assert.equal(street.lists.count, 2);
  open();
  await until(() => street.server.figures.hiddenNames === 1, 'the names are read');
  assert.match((await street.ask('ORDERS.service.quorate')).answers[0] ?? '', / A 10\.0\.0\.2$/);
});

test('where the names cannot be read, what was read before holds, and lower case is found all the same', async () => {
  await using street = await Street.open({ orders: one, Bills: other });
  await street.ask('bills.service.quorate');
  street.lists.fails = true;
  street.clock.advance(1_000);
  assert.equal((await street.ask('orders.service.quorate')).code, 0);
  assert.equal((await street.ask('unknown.service.quorate')).code, 3);
  assert.equal((await street.ask('bills.service.quorate')).code, 0);
  // A list that never comes is waited for as long as a view, and then no more.
  street.lists.gate = new Promise(() => undefined);
  street.clock.advance(1_000);
  const waiting = street.ask('nobody.service.quorate');
  await until(() => street.clock.timers > 0 && street.lists.count === 3, 'it is asked');
  street.clock.advance(2_000);
  assert.equal((await waiting).code, 3);
});

test('what no service can be called is looked for nowhere', async () => {
  await using street = await Street.open({ orders: one });
  const names = ['a/b', '*x', ' x', '..', 'a\u0001b', '\u00ffx'];
  for (const name of names) {
    const { code, authority } = await street.askLabels([name, 'service', 'quorate']);
    assert.deepEqual([name, code, authority.length], [name, 3, 1]);
  }
  assert.equal((await street.ask('_._tcp.service.quorate')).code, 3);
  assert.deepEqual(street.openedNames, []);
});

test('of names that nobody serves there are so many views and no more, each for a while', async () => {
  await using street = await Street.open({ orders: one, bills: [] }, { strangersMax: 5 });
  for (let name = 0; name < 5; name += 1)
    assert.equal((await street.ask(`no-${name}.service.quorate`)).code, 3);
  assert.equal((await street.ask('no-5.service.quorate')).code, 2);
  assert.equal((await street.ask('no-4.service.quorate')).code, 3, 'who is there is answered');
  assert.equal((await street.ask('orders.service.quorate')).code, 0, 'what is listed is none of them');
  assert.equal((await street.ask('bills.service.quorate')).code, 3);
  const { strangers, strangersRefused, names } = street.server.figures;
  assert.deepEqual({ strangers, strangersRefused, names }, { strangers: 5, strangersRefused: 1, names: 7 });

  // One of them serves by now; the others go when nobody asks for them.
  const [first] = street.opened;
  assert.ok(first !== undefined);
  first.snapshot = { ...first.snapshot, version: 2, instances: other };
  assert.equal((await street.ask('no-0.service.quorate')).code, 0);
  street.clock.advance(6_000);
  await street.ask('no-1.service.quorate');
  street.clock.advance(6_000);
  assert.equal(street.server.figures.strangers, 1);
  street.clock.advance(20_000);
  assert.equal(street.server.figures.strangers, 0);
  const open = street.opened.filter(({ isClosed }) => !isClosed).map(({ snapshot }) => snapshot.service);
  assert.deepEqual(open, ['no-0', 'orders', 'bills']);
  assert.equal((await street.ask('no-5.service.quorate')).code, 3, 'there is room again');
  await street.server.close();
  assert.equal(street.clock.timers, 0);
});

test('a view that cannot be opened leaves its room to the next', async () => {
  await using street = await Street.open(
    {},
    { strangersMax: 1, views: () => Promise.reject(new Error('no way there')) },
  );
  for (let name = 0; name < 3; name += 1)
    assert.equal((await street.ask(`s${name}.service.quorate`)).code, 2);
  assert.deepEqual([street.server.figures.strangers, street.server.figures.strangersRefused], [0, 0]);
});

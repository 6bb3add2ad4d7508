/** The DNS server as `dig` sees it, the resolver of BIND: on a registry, by UDP and TCP, with all that dig adds by itself. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { dnsServer, serviceRegistry } from '../../src/discovery/index.ts';
import { connect } from '../../src/index.ts';
import { outputOf } from '../../tools/peers/index.ts';

const store = await connect('memory:');
const registry = serviceRegistry(store);
const server = await dnsServer({
  views: (service) => registry.view(service),
  names: (options) => registry.list(options),
  listen: { port: 0 },
});
after(async () => {
  await server.close();
  await registry.close();
  await store.close();
});

for (const [id, host] of [
  ['a', '10.0.0.1'],
  ['b', '2001:db8::2'],
] as const)
  await registry.register({ service: 'Orders', id, address: { host, port: 7000 }, weight: 3 });
for (let at = 0; at < 60; at += 1)
  await registry.register({ service: 'crowd', id: `i${at}`, address: { host: `10.1.0.${at}`, port: 80 } });

interface Dug {
  readonly status: string;
  readonly flags: string;
  readonly edns: string | undefined;
  readonly answers: readonly string[];
  readonly authority: readonly string[];
  readonly text: string;
}

/** Asks once, and reads what dig prints of the answer. */
async function dig(...words: readonly string[]): Promise<Dug> {
  const asked = ['@127.0.0.1', '-p', String(server.address.port), '+time=10', '+tries=1', ...words];
  const text = await outputOf('dig', asked);
  assert.ok(text !== undefined, 'dig is installed (npm run engines:install), and the server has answered');
  assert.doesNotMatch(text, /malformed|Warning: Message|mismatch|extra bytes/i);
  const section = (name: string): string[] => {
    const [, lines = ''] = new RegExp(`;; ${name} SECTION:\n([^]*?)\n\n`).exec(text) ?? [];
    return lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.replace(/\s+/g, ' '));
  };
  return {
    status: /status: (\w+)/.exec(text)?.[1] ?? '',
    flags: /;; flags: ([\w ]*);/.exec(text)?.[1] ?? '',
    edns: /; EDNS: (.*)/.exec(text)?.[1],
    answers: section('ANSWER').sort(),
    authority: section('AUTHORITY'),
    text,
  };
}

const soa = 'quorate. 1 IN SOA ns.quorate. hostmaster.ns.quorate. 1 3600 600 86400 1';
const v4 = 'orders.service.quorate. 1 IN A 10.0.0.1';
const v6 = 'orders.service.quorate. 1 IN AAAA 2001:db8::2';

const rows: readonly (readonly [words: string, expected: Partial<Dug>])[] = [
  ['orders.service.quorate', { status: 'NOERROR', flags: 'qr aa rd', answers: [v4] }],
  ['orders.service.quorate AAAA', { status: 'NOERROR', answers: [v6] }],
  [
    '+tcp orders.service.quorate',
    { status: 'NOERROR', answers: [v4], edns: 'version: 0, flags:; udp: 1232' },
  ],
  ['+noedns orders.service.quorate', { status: 'NOERROR', answers: [v4], edns: undefined }],
  ['+dnssec orders.service.quorate', { answers: [v4], edns: 'version: 0, flags: do; udp: 1232' }],
  ['+cookie +nsid +subnet=1.2.3.0/24 orders.service.quorate', { status: 'NOERROR', answers: [v4] }],
  ['+edns=1 +noednsneg orders.service.quorate', { status: 'BADVERS', answers: [], authority: [] }],
  ['orders.service.quorate TXT', { status: 'NOERROR', answers: [], authority: [soa] }],
  ['nobody.service.quorate', { status: 'NXDOMAIN', flags: 'qr aa rd', answers: [], authority: [soa] }],
  ['quorate SOA', { status: 'NOERROR', answers: [soa] }],
  ['example.org', { status: 'REFUSED', flags: 'qr rd', answers: [], authority: [] }],
  ['version.bind CH TXT', { status: 'REFUSED', flags: 'qr rd' }],
  ['+opcode=notify orders.service.quorate', { status: 'NOTIMP', flags: 'qr rd' }],
];

for (const [words, expected] of rows)
  test(`dig ${words}`, async () => {
    const dug = await dig(...words.split(' '));
    for (const [name, value] of Object.entries(expected))
      assert.deepEqual(dug[name as keyof Dug], value, `${name}\n${dug.text}`);
  });

test('the case of the question comes back, and locations name addresses that resolve', async () => {
  const { answers, text } = await dig('_oRders._tCP.Service.quorate', 'SRV');
  assert.match(text, /;_oRders\._tCP\.Service\.quorate\./);
  const targets = answers.map((line) => line.split(' ').slice(4));
  assert.deepEqual(
    targets.map((parts) => parts.slice(0, 3).join(' ')),
    ['0 3 7000', '0 3 7000'],
  );
  const found = await Promise.all(
    targets.map(
      async ([, , , target = '']) => (await dig(target, target.length < 24 ? 'A' : 'AAAA')).answers,
    ),
  );
  assert.deepEqual(
    found
      .flat()
      .map((line) => line.split(' ').at(-1))
      .sort(),
    ['10.0.0.1', '2001:db8::2'],
  );
});

test('what does not fit is cut, and whole by TCP', async () => {
  const cut = await dig('+noedns', '+ignore', 'crowd.service.quorate');
  assert.match(cut.flags, /\btc\b/);
  assert.ok(cut.answers.length > 0 && cut.answers.length < 60);
  const whole = await dig('+noedns', 'crowd.service.quorate');
  assert.match(whole.text, /Truncated, retrying in TCP mode/);
  assert.equal(new Set(whole.answers).size, 60);
  const locations = await dig('crowd.service.quorate', 'SRV');
  assert.equal(new Set(locations.answers).size, 60);
});

test('who asks for anything is told all there is', async () => {
  const { answers } = await dig('orders.service.quorate', 'ANY');
  assert.deepEqual(
    answers.map((line) => line.split(' ')[3]),
    ['A', 'AAAA', 'SRV', 'SRV'],
  );
});

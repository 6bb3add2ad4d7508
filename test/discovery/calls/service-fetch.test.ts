import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { discover, fixedInstances, type ServiceOptions } from '../../../src/discovery/index.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
});

/** Listens on loopback; the address under which it does. */
async function serving(handler: Handler): Promise<{ readonly server: Server; readonly address: string }> {
  const server = createServer(handler);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Nobody listens there. */
async function deadAddress(): Promise<string> {
  const { server, address } = await serving(() => undefined);
  server.close();
  await once(server, 'close');
  return address;
}

const saying =
  (text: string): Handler =>
  (request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () =>
      response.end(`${text} ${request.method} ${request.url} ${Buffer.concat(parts)}`.trim()),
    );
  };

function fetching(addresses: readonly string[], options: ServiceOptions = {}) {
  const services = discover(fixedInstances({ orders: addresses }), {
    defaults: { picker: 'round-robin', seed: 1, ...options },
  });
  return { services, fetch: services.fetch };
}

test('an address of a service is that of one of its instances, path, query, method and body as they are', async () => {
  const { address } = await serving(saying('a'));
  const { fetch } = fetching([address]);
  assert.equal(await (await fetch('service://orders/items/7?full=1')).text(), 'a GET /items/7?full=1');
  assert.equal(await (await fetch(new URL('service://orders/'))).text(), 'a GET /');
  assert.equal(await (await fetch('service://orders')).text(), 'a GET /');
  const posted = await fetch('service://orders/items', { method: 'POST', body: 'seven' });
  assert.equal(await posted.text(), 'a POST /items seven');
  const request = new Request('service://orders/items/8', { method: 'PUT', body: 'eight' });
  assert.equal(await (await fetch(request)).text(), 'a PUT /items/8 eight');
});

test('nobody listens at one of the addresses: no request is lost, an order neither, since nothing was sent', async () => {
  const { address } = await serving(saying('well'));
  const { services, fetch } = fetching([await deadAddress(), address]);
  for (let call = 0; call < 40; call += 1) {
    // An order that is followed to another address may have been done before the connection there was refused.
    const method = call % 3 === 0 ? 'GET' : 'POST';
    const response = await fetch('service://orders/', { method, redirect: 'error' });
    assert.equal(response.status, 200);
  }
  assert.equal(services.service('orders').figures.balancing.picks < 60, true);
});

test('a status that stands for a failure is tried at another instance by method, and told as it is in the end', async () => {
  let asked = 0;
  const ill = await serving((_, response) => {
    asked += 1;
    response.writeHead(503);
    response.end('ill');
  });
  const well = await serving(saying('well'));
  const { fetch } = fetching([ill.address, well.address], { breaker: false, ejection: false });
  for (let call = 0; call < 10; call += 1) assert.equal((await fetch('service://orders/')).status, 200);
  assert.ok(asked > 0);
  const statuses = new Set<number>();
  for (let call = 0; call < 4; call += 1) {
    statuses.add((await fetch('service://orders/', { method: 'POST', body: 'x' })).status);
  }
  assert.deepEqual([...statuses].sort(), [200, 503]);
  const alone = fetching([ill.address]);
  const told = await alone.fetch('service://orders/', { method: 'POST', body: 'x' });
  assert.equal(`${told.status} ${await told.text()}`, '503 ill');
});

test('an instance says by its metadata how it is spoken to', async () => {
  const asked: string[] = [];
  const services = discover(
    fixedInstances({
      a: [{ address: { host: '10.0.0.1', port: 443 }, metadata: { scheme: 'https' } }],
      b: [{ address: { host: '::1', port: 80 }, metadata: { scheme: 'gopher' } }],
    }),
    {
      fetch: {
        fetch: (input) => {
          asked.push(String(input));
          return Promise.resolve(new Response('ok'));
        },
      },
    },
  );
  await services.fetch('service://a/x');
  await services.fetch('service://b/y');
  assert.deepEqual(asked, ['https://10.0.0.1:443/x', 'http://[::1]:80/y']);
});

test('what is no service is refused, and a service without instances says that', async () => {
  const { fetch } = fetching([]);
  await assert.rejects(fetch('http://127.0.0.1/'), { code: 'invalid-option' });
  await assert.rejects(fetch('service:///x'), { code: 'invalid-option' });
  await assert.rejects(fetch('service://50%/x'), { code: 'invalid-option' });
  await assert.rejects(fetch('service://orders/', { call: { timeout: '1s' } }), { code: 'no-instance' });
});

test('an address in a list that is none is refused where the list is made', () => {
  for (const wrong of ['127.0.0.1', '127.0.0.1:0', '127.0.0.1:99999', 'http://a:1', '::1:80']) {
    assert.throws(() => fixedInstances({ orders: [wrong] }), { code: 'invalid-option' });
  }
  for (const address of [undefined, {}, { host: '', port: 80 }, { host: 'a', port: 0 }] as never[]) {
    assert.throws(() => fixedInstances({ orders: [{ id: 'a', address }] }), { code: 'invalid-option' });
  }
  assert.throws(() => fixedInstances({ orders: ['a:1', 'a:1'] }), { code: 'invalid-option' });
  const [instance] = fixedInstances({ orders: ['[::1]:80'] }).view('orders').snapshot.instances;
  assert.deepEqual(instance?.address, { host: '::1', port: 80 });
});

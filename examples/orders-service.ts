/**
 * Three instances of one service and somebody who calls it by name: one instance turns ill and its health check takes
 * it off the list, one drains as a deployment would make it, and no call is lost. Everything runs in one process, on a
 * store in memory; the same lines with `quorate://host:port,…` or `etcd://host:port` are three programs and a fourth.
 *
 *     npm run build && node examples/orders-service.ts
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect, type Store } from 'quorate';
import { discover, type Registration, serviceRegistry } from 'quorate/discovery';

interface Instance extends AsyncDisposable {
  readonly registration: Registration;
  /** From now on it fails, its health check with it. */
  fallIll(): void;
}

async function startInstance(ground: Store, id: string): Promise<Instance> {
  let status = 200;
  const server: Server = createServer(({ url }, response) => {
    response.writeHead(status).end(url === '/health' ? 'well' : `${id} answers`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const registry = serviceRegistry(ground);
  const registration = await registry.register({
    service: 'orders',
    id,
    address: { host: '127.0.0.1', port },
    checks: [
      { kind: 'http', url: `http://127.0.0.1:${port}/health`, interval: 50, thresholds: { failing: 2 } },
    ],
  });
  return {
    registration,
    fallIll: () => {
      status = 503;
    },
    [Symbol.asyncDispose]: async () => {
      await registry.close();
      server.close().closeAllConnections();
    },
  };
}

async function callOnce(): Promise<string> {
  const response = await q.fetch('service://orders/items/7');
  if (!response.ok) throw new Error(`a call was lost: ${response.status}`);
  return (await response.text()).replace(' answers', '');
}

/** Calls until these answer and nobody else does. */
async function callUntil(expected: readonly string[]): Promise<void> {
  const wanted = expected.join(', ');
  for (let calls = 20; ; calls += 20) {
    const answers = new Set<string>();
    for (let call = 0; call < 20; call += 1) answers.add(await callOnce());
    if ([...answers].toSorted().join(', ') !== wanted) continue;
    console.log(`${wanted}: none of ${calls} calls was lost`);
    return;
  }
}

await using store = await connect('memory:');
await using a = await startInstance(store, 'a');
await using b = await startInstance(store, 'b');
await using _c = await startInstance(store, 'c');
await using q = discover(store, { defaults: { picker: 'round-robin' } });

await callUntil(['a', 'b', 'c']);
a.fallIll();
await callUntil(['b', 'c']);
await b.registration.drain();
await callUntil(['c']);

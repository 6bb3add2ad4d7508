/**
 * One instance of a service, as a program of its own: an HTTP server that registers itself and does what its parent
 * says: is slow, is well again, or drains and ends. It answers with its id after the time that its work takes.
 *
 *   node test/discovery/services/instance-program.ts ENDPOINTS SERVICE ID TTL_MS
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serviceRegistry } from '../../../src/discovery/index.ts';
import { openEngine } from '../../../src/engines/addresses/index.ts';

/** What a parent says. */
export type Order = { readonly workMs: number } | 'drain';

/** What it is told: where the server listens, and that it is registered there; and that it has drained. */
export type Report = { readonly port: number } | 'drained';

const workMsAtFirst = 10;

const [url = '', service = '', id = '', ttlMs = ''] = process.argv.slice(2);
const engine = await openEngine(url);
const registry = serviceRegistry(engine, { ttl: Number(ttlMs) });
let workMs = workMsAtFirst;
let open = 0;
let onIdle: (() => void) | undefined;

const server = createServer((_, response) => {
  open += 1;
  response.on('close', () => {
    open -= 1;
    if (open === 0) onIdle?.();
  });
  setTimeout(() => response.end(id), workMs);
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const registration = await registry.register({ service, id, address: { host: '127.0.0.1', port } });
process.send?.({ port } satisfies Report);

async function drain(): Promise<void> {
  const whenIdle = (): Promise<void> =>
    new Promise((resolve) => {
      onIdle = resolve;
      if (open === 0) resolve();
    });
  await registration.drain({ settle: '500ms', whenIdle });
  await end();
}

async function end(): Promise<void> {
  server.close();
  server.closeIdleConnections();
  await registry.close();
  await engine.close();
  process.send?.('drained' satisfies Report);
  process.disconnect();
}

process.on('message', (order: Order) => {
  if (order === 'drain') void drain();
  else workMs = order.workMs;
});
process.on('disconnect', () => process.exit());

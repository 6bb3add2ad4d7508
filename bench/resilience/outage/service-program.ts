/** The upstream of the demonstration as a program of its own, behind HTTP on loopback; told its phase by its parent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { realClock } from '../../../src/ports/real/index.ts';
import { type Phase, Upstream } from './upstream.ts';

const statuses = { ok: 200, failed: 500, refused: 503 } as const;
const upstream = new Upstream(realClock());
const server = createServer((_, response) => {
  void upstream.handle().then((answer) => {
    response.writeHead(statuses[answer]);
    response.end(answer);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));

process.on('message', (phase: Phase) => upstream.enter(phase));
process.on('disconnect', () => process.exit());

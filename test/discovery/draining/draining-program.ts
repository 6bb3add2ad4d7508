/** A service as a process of its own: it serves by HTTP, drains when it is asked to stop, and says on its output what it does. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { drainOnSignals, InFlight } from '../../../src/discovery/index.ts';

const say = (what: string): void => {
  process.stdout.write(`${what}\n`);
};
const inFlight = new InFlight();
const held: (() => void)[] = [];
const server = createServer((request, response) => {
  response.once('close', inFlight.begin());
  if (request.url === '/held') {
    held.push(() => response.end('served to the end'));
    say('holding');
  } else {
    response.end('served');
    // The last of those who had not heard lets the held one go.
    for (const release of held.splice(0)) release();
  }
});
server.listen(0, '127.0.0.1', () => say(`port ${(server.address() as AddressInfo).port}`));
const told = (what: string) => (): Promise<void> => {
  say(what);
  return Promise.resolve();
};
const draining = drainOnSignals(
  { drain: told('draining'), close: told('closed') },
  {
    inFlight,
    notice: 200,
    hooks: [
      {
        name: 'server',
        run: () => {
          say('server');
          server.close();
          server.closeAllConnections();
        },
      },
    ],
  },
);
const report = await draining.finished;
say(
  `report ${report?.signal} ${report?.requestsLeft} ${report?.steps.map(({ outcome }) => outcome).join(' ')}`,
);

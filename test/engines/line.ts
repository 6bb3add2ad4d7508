/** A line on loopback to a server, which a test can cut, hold, or lead to another one. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Line extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Cuts every connection; those to come lead to this port. */
  lead(port: number): void;
  /** Cuts every connection as soon as so many bytes of a command have gone to the server: its answer is lost. */
  loseNextAnswer(): void;
  /** Nothing comes through in either direction, and nothing is cut. */
  hold(): void;
  /** The same for the connections that are there; those to come are as before. */
  strand(): void;
}

export async function lineTo(port: number): Promise<Line> {
  const sockets = new Set<Socket>();
  let target = port;
  let isHeld = false;
  let strandings = 0;
  let losesAnswer = false;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    const before = strandings;
    const isStill = (): boolean => isHeld || before < strandings;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => {
        if (isStill()) return;
        if (from === far && losesAnswer) {
          losesAnswer = false;
          near.destroy();
          return;
        }
        to.write(bytes);
      });
      from.on('end', () => {
        if (!isStill()) to.end();
      });
      from.on('error', () => from.destroy());
      from.once('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await listening(server);
  const { port: own } = server.address() as { readonly port: number };
  return {
    url: `redis://127.0.0.1:${own}`,
    port: own,
    lead: (other) => {
      target = other;
      cut();
    },
    loseNextAnswer: () => {
      losesAnswer = true;
    },
    hold: () => {
      isHeld = true;
    },
    strand: () => {
      strandings += 1;
    },
    [Symbol.asyncDispose]: () => {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

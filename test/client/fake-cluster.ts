/** Nodes that a client believes in: each refuses, hangs, or answers requests as a test says. */
import { ByteWriter, Prng, QuorateError } from '../../src/base/index.ts';
import { ClusterClient, type ClusterClientOptions } from '../../src/client/index.ts';
import { decodeHello, decodeRequest, encodeReply, type Hello, type Request } from '../../src/net/index.ts';
import type { Address, Connection, ConnectOptions, Listener, Network } from '../../src/ports/index.ts';
import { FakeConnection } from '../net/fake-connection.ts';
import { ManualClock } from '../net/manual-clock.ts';

type Answer = Uint8Array | QuorateError | 'nothing' | 'break';

export class FakeNode {
  mode: 'serves' | 'refuses' | 'hangs' = 'serves';
  connects = 0;
  readonly hellos: Hello[] = [];
  readonly requests: Request[] = [];
  readonly connections: FakeConnection[] = [];
  answer: (request: Request) => Answer = () => 'nothing';

  get last(): FakeConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error('nobody has connected');
    return last;
  }

  /** Answers a request, in a later turn, as a network would. */
  reply(connection: FakeConnection, id: number, answer: Answer): void {
    if (answer === 'nothing') return;
    setImmediate(() => {
      if (answer === 'break') connection.lose();
      else connection.receiveFrames(replyOf(id, answer));
    });
  }

  connect(address: Address, signal: AbortSignal | undefined): Promise<Connection> {
    this.connects += 1;
    if (this.mode === 'refuses') return Promise.reject(refused(address));
    if (this.mode === 'hangs') {
      return new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    }
    const connection = new FakeConnection();
    this.connections.push(connection);
    connection.onSent = (payload) => {
      if (connection.sent.length === 1) {
        this.hellos.push(decodeHello(payload));
        return;
      }
      const request = decodeRequest(payload);
      this.requests.push(request);
      this.reply(connection, request.id, this.answer(request));
    };
    return Promise.resolve(connection);
  }
}

export class FakeCluster implements Network {
  readonly nodes: readonly FakeNode[];
  readonly clock: ManualClock = new ManualClock();
  readonly client: ClusterClient;

  constructor(count: number, options: Partial<ClusterClientOptions> = {}) {
    this.nodes = Array.from({ length: count }, () => new FakeNode());
    const prng = new Prng(1);
    this.client = new ClusterClient({
      network: this,
      clock: this.clock,
      random: { uint32: () => prng.uint32(), fill: () => undefined },
      endpoints: this.nodes.map((_, place) => ({ host: 'node', port: place + 1 })),
      // Who counts requests wants none but those of the test.
      follow: false,
      ...options,
    });
  }

  node(place: number): FakeNode {
    const node = this.nodes[place];
    if (node === undefined) throw new Error(`there is no node ${place}`);
    return node;
  }

  listen(): Promise<Listener> {
    return Promise.reject(new Error('nobody listens here'));
  }

  connect({ address, signal }: ConnectOptions): Promise<Connection> {
    return this.node(address.port - 1).connect(address, signal);
  }
}

export function notLeader(leader = 0): QuorateError {
  return new QuorateError({ code: 'not-leader', message: 'ask another', data: { group: 0, leader } });
}

function replyOf(id: number, answer: Uint8Array | QuorateError): Uint8Array {
  const writer = new ByteWriter(64);
  if (answer instanceof QuorateError) encodeReply(writer, { id, ok: false, error: answer });
  else encodeReply(writer, { id, ok: true, body: answer });
  return writer.copy();
}

function refused({ host, port }: Address): QuorateError {
  const address = `${host}:${port}`;
  return new QuorateError({
    code: 'network-failed',
    message: `connect ${address} failed: nobody listens there`,
    data: { operation: 'connect', address, system: 'ECONNREFUSED' },
    outcome: 'not-applied',
  });
}

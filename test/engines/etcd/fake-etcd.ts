/** A server that speaks as much of etcd's API as a test scripts, on a port of its own. */
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { ProtoReader, type ProtoWriter, protoMessage } from '../../../src/engines/etcd/protocol-buffers.ts';

/** `nothing`: the call stays open. `lost`: the connection is cut. A text: etcd's refusal. */
type Answer = Uint8Array | 'nothing' | 'lost' | { readonly status: number; readonly message: string };

/** By the last part of the path, such as `Txn`. */
type Script = Partial<Record<string, (message: Uint8Array) => Answer>>;

export interface FakeEtcd {
  readonly url: string;
  readonly port: number;
  /** The requests that came, by the last part of their path. */
  readonly requests: { readonly method: string; readonly message: Uint8Array }[];
  script: Script;
  close(): Promise<void>;
}

function header(revision: number): (writer: ProtoWriter) => void {
  return (writer) =>
    writer.message(1, (inner) => {
      inner.number(1, 77);
      inner.number(3, revision);
    });
}

const usual: Script = {
  Status: () => answer(1, (writer) => writer.text(2, '3.4.23')),
  Range: () => answer(1, () => undefined),
  LeaseGrant: (message) =>
    answer(1, (writer) => {
      writer.number(2, Number(fieldsOf(message, 2)[0]));
      writer.number(3, Number(fieldsOf(message, 1)[0]));
    }),
  LeaseRevoke: () => answer(1, () => undefined),
  LeaseKeepAlive: () => answer(1, (writer) => writer.number(3, 10)),
};

export function answer(revision: number, write: (writer: ProtoWriter) => void): Uint8Array {
  return protoMessage((writer) => {
    header(revision)(writer);
    write(writer);
  });
}

/** All values of a field that has numbers or blocks. */
export function fieldsOf(message: Uint8Array, wanted: number): (number | Uint8Array)[] {
  const reader = new ProtoReader(message);
  const found: (number | Uint8Array)[] = [];
  for (let field = reader.next(); field !== 0; field = reader.next()) {
    if (field !== wanted) reader.skip();
    else found.push(readAny(reader));
  }
  return found;
}

function readAny(reader: ProtoReader): number | Uint8Array {
  try {
    return reader.block();
  } catch {
    return reader.number();
  }
}

export async function startFakeEtcd(): Promise<FakeEtcd> {
  const server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  const requests: FakeEtcd['requests'] = [];
  const fake = { requests, script: {} as Script };
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => session.destroy()).on('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    const method = String(headers[':path']).split('/').at(-1) as string;
    stream.on('error', () => stream.destroy());
    stream.on('data', (bytes: Buffer) => {
      const message = bytes.subarray(5);
      requests.push({ method, message });
      const script = fake.script[method] ?? usual[method];
      respond(stream, script?.(message) ?? { status: 12, message: `unknown method ${method}` });
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  return Object.assign(fake, {
    port,
    url: `etcd://127.0.0.1:${port}`,
    close: async () => {
      for (const session of sessions) session.destroy();
      await new Promise((done) => server.close(done));
    },
  });
}

function respond(stream: ServerHttp2Stream, reply: Answer): void {
  if (reply === 'nothing') return;
  if (reply === 'lost') {
    stream.session?.destroy();
    return;
  }
  if (!(reply instanceof Uint8Array)) {
    const { status, message } = reply;
    stream.respond(
      { ':status': 200, 'grpc-status': String(status), 'grpc-message': message },
      { endStream: true },
    );
    return;
  }
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.respond({ ':status': 200 }, { waitForTrailers: true });
  const frame = Buffer.alloc(5 + reply.length);
  frame.writeUInt32BE(reply.length, 1);
  frame.set(reply, 5);
  stream.end(frame);
}

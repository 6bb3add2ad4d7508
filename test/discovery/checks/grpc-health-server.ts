/** A server that speaks gRPC's health protocol, as much of it as a test needs, on Node's own HTTP/2. */
import { once } from 'node:events';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Address } from '../../../src/ports/index.ts';

export interface GrpcAnswer {
  readonly status: number;
  readonly message?: Uint8Array;
}

export interface GrpcHealthServer extends AsyncDisposable {
  readonly address: Address;
  /** The messages that came, and to which path. */
  readonly asked: { readonly path: string; readonly message: Uint8Array }[];
}

/** Answers each call with what `answer` returns; with nothing it stays silent. */
export async function grpcHealthServer(answer: () => GrpcAnswer | undefined): Promise<GrpcHealthServer> {
  const asked: GrpcHealthServer['asked'] = [];
  const sessions = new Set<{ destroy(): void }>();
  const server = createServer();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const pieces: Buffer[] = [];
    stream.on('error', () => undefined);
    stream.on('data', (bytes: Buffer) => pieces.push(bytes));
    stream.on('end', () => {
      asked.push({
        path: String(headers[':path']),
        message: new Uint8Array(Buffer.concat(pieces).subarray(5)),
      });
      const given = answer();
      if (given !== undefined) reply(stream, given);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dispose = async (): Promise<void> => {
    for (const session of sessions) session.destroy();
    server.close();
    await once(server, 'close');
  };
  return { address: { host: '127.0.0.1', port }, asked, [Symbol.asyncDispose]: dispose };
}

function reply(stream: ServerHttp2Stream, { status, message }: GrpcAnswer): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(status) }));
  if (message === undefined) {
    stream.end();
    return;
  }
  const frame = new Uint8Array(5 + message.length);
  frame[4] = message.length;
  frame.set(message, 5);
  stream.end(frame);
}

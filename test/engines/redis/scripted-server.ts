/**
 * A server on loopback that answers as a test tells it: it reads commands as Redis does, and says for each of them
 * what the test's function returns. For what a real Redis cannot be made to do at the moment that matters.
 */
import { createServer, type Server, type Socket } from 'node:net';

/** `undefined`: says nothing. `null`: closes the connection. */
export type Answers = (words: readonly string[], socket: Socket) => string | undefined | null;

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  readonly address: string;
}

export async function scriptedServer(answers: Answers): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket, answers);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  return {
    address: `127.0.0.1:${port}`,
    url: `redis://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => closed(server, sockets),
  };
}

/** The answers of a Redis that is in order, for a test that is about one command only. */
export function inOrder(words: readonly string[], changed: Readonly<Record<string, string>> = {}): string {
  const [command = '', inner = ''] = words.map((word) => word.toUpperCase());
  const facts = { redis_version: '7.0.15', run_id: 'run', master_replid: 'id', role: 'master', ...changed };
  if (command === 'INFO') {
    const lines = Object.entries(facts).map(([name, value]) => `${name}:${value}\r\n`);
    return bulk(lines.join(''));
  }
  if (command === 'SCRIPT' && inner === 'LOAD') return bulk(digestOf(words[2] ?? ''));
  if (command === 'EVALSHA' && words[1] === 'hello') return list('ok', '1', 'marker');
  if (command === 'CONFIG') return list('appendfsync', 'always');
  return '+OK\r\n';
}

/** A digest that tells what the script is for. */
function digestOf(source: string): string {
  if (source.includes('isNext')) return 'hello';
  if (source.includes('cmsgpack')) return 'transact';
  return source.includes('nearest') ? 'sweep' : 'other';
}

export function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

export function list(...texts: readonly string[]): string {
  return `*${texts.length}\r\n${texts.map(bulk).join('')}`;
}

function closed(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}

function serve(socket: Socket, answers: Answers): void {
  let waiting = '';
  socket.setEncoding('latin1').on('data', (piece: string) => {
    waiting += piece;
    for (let command = first(waiting); command !== undefined; command = first(waiting)) {
      waiting = waiting.slice(command.length);
      const answer = answers(command.words, socket);
      if (answer === null) socket.destroy();
      else if (answer !== undefined) socket.write(answer, 'latin1');
    }
  });
}

/** The first whole command: a list of texts with their lengths. */
function first(text: string): { readonly words: readonly string[]; readonly length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return undefined;
  const words: string[] = [];
  let place = head[0].length;
  for (let left = Number(head[1]); left > 0; left -= 1) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(place, place + 24));
    if (size === null) return undefined;
    place += size[0].length;
    const end = place + Number(size[1]);
    if (text.length < end + 2) return undefined;
    words.push(text.slice(place, end));
    place = end + 2;
  }
  return { words, length: place };
}

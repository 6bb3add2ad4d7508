/** A server of a release that lacks what the engine needs: told by a server that answers by script. */
import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { openPostgres } from '../../../src/engines/postgres/index.ts';

const utf8 = new TextEncoder();

function message(kind: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(kind, 0, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function integer(value: number, bytes: 2 | 4): Uint8Array {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}

/** One row of texts. */
function table(row: Readonly<Record<string, string>>): Uint8Array {
  const columns = Object.keys(row).map((name) =>
    Buffer.concat([
      utf8.encode(`${name}\0`),
      integer(0, 4),
      integer(0, 2),
      integer(25, 4),
      integer(0, 2),
      integer(0, 4),
      integer(0, 2),
    ]),
  );
  const cells = Object.values(row).map((text) => Buffer.concat([integer(text.length, 4), utf8.encode(text)]));
  return Buffer.concat([
    message('T', integer(columns.length, 2), ...columns),
    message('D', integer(cells.length, 2), ...cells),
    message('C', utf8.encode('SELECT 1\0')),
  ]);
}

const ready = message('Z', utf8.encode('I'));

/** Lets everybody in, and answers everything with the version. */
function answer(socket: Socket): void {
  let isIn = false;
  socket.on('error', () => socket.destroy());
  socket.on('data', () => {
    if (isIn) socket.write(Buffer.concat([table({ version: '11.22', version_number: '110022' }), ready]));
    else socket.write(Buffer.concat([message('R', integer(0, 4)), ready]));
    isIn = true;
  });
}

test('a server that is too old is told by its version, and by what is needed', async () => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await assert.rejects(openPostgres(`postgres://me:secret@127.0.0.1:${port}/shop`), {
    code: 'engine-too-old',
    message: /is version 11\.22; 12 or later is needed/,
  });
  await new Promise((resolve) => server.close(resolve));
});

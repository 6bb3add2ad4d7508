/** The frames of HTTP/2 that calls of gRPC need, as lean as they go: no dynamic table, windows as wide as they may be. */

export const frameHeaderBytes = 9;
export const frames = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
} as const;
export const flags = { acknowledged: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;
const settings = { headerTableSize: 1, enablePush: 2, initialWindowSize: 4 } as const;

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const windowMost = 0x7fff_ffff;
export const initialWindow = 65_535;
export const messagePrefixBytes = 5;

/** What a client says first. */
export function opening(): Buffer {
  const ours = Buffer.concat([
    setting(settings.headerTableSize, 0),
    setting(settings.enablePush, 0),
    setting(settings.initialWindowSize, windowMost),
  ]);
  return Buffer.concat([
    preface,
    frame(frames.settings, 0, 0, ours),
    frame(frames.windowUpdate, 0, 0, uint32(windowMost - initialWindow)),
  ]);
}

/** A message as gRPC puts it into a stream. */
export function packedMessage(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(messagePrefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Fields by number of the static table where it has them, all others as literals that nobody remembers. */
export function packedHeaders(authority: string, path: string): Buffer {
  return Buffer.concat([
    // `:method POST` and `:scheme http`
    Buffer.from([0x83, 0x86]),
    // `:path` and `:authority`
    Buffer.from([0x04]),
    packedText(path),
    Buffer.from([0x01]),
    packedText(authority),
    Buffer.from([0x00]),
    packedText('content-type'),
    packedText('application/grpc'),
    Buffer.from([0x00]),
    packedText('te'),
    packedText('trailers'),
  ]);
}

function packedText(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
}

export function frame(kind: number, flag: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = kind;
  bytes[4] = flag;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, frameHeaderBytes);
  return bytes;
}

function setting(name: number, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(name, 0);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
}

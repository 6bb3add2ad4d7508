/**
 * A small file that is written whole or not at all: one line of text and one with its checksum, so that damage
 * is told from a text that a later release would write.
 */
import { crc32 } from '../base/index.ts';
import type { Disk } from '../ports/index.ts';

const lineFeed = 10;
const bytesMax = 1 << 20;

/** Durable when it resolves; what stood there before stays until then. */
export async function writeCheckedFile(disk: Disk, path: string, text: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await disk.open(temporary, { create: 'if-missing', durableName: false });
  try {
    await file.truncate(0);
    const content = new TextEncoder().encode(text);
    await file.write(new TextEncoder().encode(`${text}\n${checkOf(content)}\n`), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(temporary, path);
}

/** The text of a file that is there; `undefined` when it is not what was written. */
export async function readCheckedFile(disk: Disk, path: string): Promise<string | undefined> {
  const file = await disk.open(path, { create: 'never' });
  try {
    const length = await file.size();
    if (length > bytesMax) return undefined;
    const bytes = new Uint8Array(length);
    const read = await file.read(bytes, 0);
    return textOf(bytes.subarray(0, read));
  } finally {
    await file.close();
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(lineFeed);
  const content = bytes.subarray(0, Math.max(end, 0));
  const tail = new TextDecoder().decode(bytes.subarray(content.length));
  return end > 0 && tail === `\n${checkOf(content)}\n` ? new TextDecoder().decode(content) : undefined;
}

function checkOf(content: Uint8Array): string {
  return crc32(content).toString(16);
}

/** All planted bugs, by the names of their files. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Room, roomOf } from './juries.ts';
import type { Mutant } from './mutant.ts';

export interface NamedMutant extends Mutant {
  /** The file's name, such as `08-late-append-erases`. */
  readonly name: string;
  readonly number: number;
  /** Whose scenarios judge it. */
  readonly room: Room;
}

/** From this number on bugs have no number in the list of what must never happen. */
export const firstOwnNumber = 101;

export async function readCatalogue(): Promise<NamedMutant[]> {
  const files = readdirSync(import.meta.dirname).filter((file) => /^\d+-.*\.ts$/.test(file));
  const found = files.map(async (file) => {
    const { mutant } = (await import(join(import.meta.dirname, file))) as { readonly mutant: Mutant };
    const room = roomOf(mutant.seenBy);
    return { ...mutant, room, name: file.replace(/\.ts$/, ''), number: Number.parseInt(file, 10) };
  });
  return (await Promise.all(found)).sort((a, b) => a.number - b.number || a.name.localeCompare(b.name));
}

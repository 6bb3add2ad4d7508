/**
 * The directory in which a state machine keeps its state: two places for a store, and a small file that says
 * which of them holds. A new state is built in the other place while the old one is still whole, and takes over
 * with one write of that file; so a crash at any moment leaves the one or the other.
 *
 * The file also says whose state it is, by the log that it is made from, and whether it was found damaged: that is
 * seen while the node runs, and must not be forgotten before the next start has done something about it.
 */
import { QuorateError } from '../base/index.ts';
import type { Disk } from '../ports/index.ts';
import { readCheckedFile, writeCheckedFile } from './checked-file.ts';

type Place = 'a' | 'b';

interface RecordText {
  readonly version: number;
  readonly owner: string;
  readonly current: Place;
  /** What is wrong with the state there. */
  readonly damage?: string;
}

export interface StateDirectoryOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly owner: string;
  /** True: whatever is there is done away with, if it is this owner's or nobody knows whose. */
  readonly isLost: boolean;
}

const fileName = 'state.json';
const formatVersion = 1;

export class StateDirectory {
  readonly #disk: Disk;
  readonly #directory: string;
  #record: RecordText;

  /** Throws `identity-mismatch` for the state of another log, `ordered-store-damaged` for a state that is known to be. */
  static async open({ disk, directory, owner, isLost }: StateDirectoryOptions): Promise<StateDirectory> {
    await disk.makeDirectory(directory);
    const path = `${directory}/${fileName}`;
    const isThere = (await disk.list(directory)).includes(fileName);
    const found = isThere ? await read(disk, path) : undefined;
    if (found !== undefined && found.owner !== owner) throw foreign(path, owner, found.owner);
    if (!isLost && isThere && found === undefined) throw damaged(path, 'its checksum does not fit');
    if (!isLost && found?.damage !== undefined) throw damaged(path, found.damage);
    const isKept = found !== undefined && !isLost;
    const record = isKept ? found : { version: formatVersion, owner, current: 'a' as const };
    const state = new StateDirectory(disk, directory, record);
    if (!isKept) {
      // Emptied before it is said to be whole: what a crash leaves in between is still known to be lost.
      await state.#empty('a');
      await writeRecord(disk, path, record);
    }
    await state.#empty(otherThan(record.current));
    return state;
  }

  private constructor(disk: Disk, directory: string, record: RecordText) {
    this.#disk = disk;
    this.#directory = directory;
    this.#record = record;
  }

  /** Where the state lies. */
  get current(): string {
    return `${this.#directory}/${this.#record.current}`;
  }

  /** Where another one may be built; empty. */
  get spare(): string {
    return `${this.#directory}/${otherThan(this.#record.current)}`;
  }

  /** What was built in the other place, durably, is the state from now on. */
  async swap(): Promise<void> {
    await this.#write({ ...this.#record, current: otherThan(this.#record.current) });
  }

  /** Nothing has the other place open any more. */
  async emptySpare(): Promise<void> {
    await this.#empty(otherThan(this.#record.current));
  }

  /** The state is not what was written: the next start must not use it. */
  async noteDamage(damage: string): Promise<void> {
    await this.#write({ ...this.#record, damage });
  }

  async #write(record: RecordText): Promise<void> {
    await writeRecord(this.#disk, `${this.#directory}/${fileName}`, record);
    this.#record = record;
  }

  async #empty(place: Place): Promise<void> {
    const directory = `${this.#directory}/${place}`;
    if (!(await this.#disk.list(this.#directory)).includes(place)) return;
    for (const name of await this.#disk.list(directory)) await this.#disk.remove(`${directory}/${name}`);
  }
}

function otherThan(place: Place): Place {
  return place === 'a' ? 'b' : 'a';
}

async function writeRecord(disk: Disk, path: string, record: RecordText): Promise<void> {
  await writeCheckedFile(disk, path, JSON.stringify(record));
}

/** `undefined` when it is not what was written. */
async function read(disk: Disk, path: string): Promise<RecordText | undefined> {
  const text = await readCheckedFile(disk, path);
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as RecordText;
  const { version } = record;
  if (version !== formatVersion) {
    throw new QuorateError({
      code: 'unsupported-format',
      message: `${path} has format ${version}, and this program knows format ${formatVersion}; run the release that wrote it or a newer one`,
      data: { path, version, supported: formatVersion },
    });
  }
  return record;
}

function foreign(path: string, expected: string, found: string): QuorateError<'identity-mismatch'> {
  return new QuorateError({
    code: 'identity-mismatch',
    message: `${path} belongs to the state of log ${found}, and this node's log is ${expected}; put back this node's own state, or remove the directory it lies in, so that it is built anew`,
    data: { path, expected, found },
  });
}

function damaged(path: string, problem: string): QuorateError<'ordered-store-damaged'> {
  return new QuorateError({
    code: 'ordered-store-damaged',
    message: `the state under ${path} is damaged: ${problem}; it is fetched from other members, or a backup must be restored`,
    data: { path, problem },
  });
}

/**
 * What a node's disk has lost and its peers have not given back yet, group by group, as a file beside the log.
 * The log cannot keep this itself: repair writes to it, and a crash in the middle would find a log that looks
 * whole and is not. So the loss is noted here before anything of the log is touched, and struck off when the
 * repair is done. A lost vote is never struck off.
 */
import { isQuorateError } from '../base/index.ts';
import type { Disk } from '../ports/index.ts';
import type { GroupId } from '../raft/index.ts';
import { readCheckedFile, writeCheckedFile } from './checked-file.ts';

export type Loss = 'entries' | 'vote';

const fileName = 'damage.json';
const formatVersion = 1;

export class DamageRecord {
  readonly #disk: Disk;
  readonly #path: string;
  #losses: ReadonlyMap<GroupId, Loss>;
  /** The record itself cannot be read: any group may have lost anything. */
  readonly isUnreadable: boolean;

  /** In a directory that exists; without a file nothing is lost. */
  static async open(disk: Disk, directory: string): Promise<DamageRecord> {
    const path = `${directory}/${fileName}`;
    if (!(await disk.list(directory)).includes(fileName)) return new DamageRecord(disk, path, new Map());
    const text = await readOrNothing(disk, path);
    return new DamageRecord(disk, path, text === undefined ? undefined : decode(text));
  }

  private constructor(disk: Disk, path: string, losses: ReadonlyMap<GroupId, Loss> | undefined) {
    this.#disk = disk;
    this.#path = path;
    this.#losses = losses ?? new Map();
    this.isUnreadable = losses === undefined;
  }

  get groups(): readonly GroupId[] {
    return [...this.#losses.keys()];
  }

  of(group: GroupId): Loss | undefined {
    return this.#losses.get(group);
  }

  /** Notes losses beside those that are known; durable when it resolves. */
  async add(losses: ReadonlyMap<GroupId, Loss>): Promise<void> {
    const all = new Map(this.#losses);
    for (const [group, loss] of losses) if (all.get(group) !== 'vote') all.set(group, loss);
    if ([...all].every(([group, loss]) => this.#losses.get(group) === loss)) return;
    await this.#write(all);
    this.#losses = all;
  }

  /** These groups are whole again; durable when it resolves, and not so before. */
  async strike(groups: readonly GroupId[]): Promise<void> {
    const left = new Map([...this.#losses].filter(([group]) => !groups.includes(group)));
    if (left.size > 0) await this.#write(left);
    else await this.#disk.remove(this.#path);
    this.#losses = left;
  }

  async #write(losses: ReadonlyMap<GroupId, Loss>): Promise<void> {
    const groups = [...losses].map(([group, lost]) => ({ group, lost }));
    await writeCheckedFile(this.#disk, this.#path, JSON.stringify({ version: formatVersion, groups }));
  }
}

/** A file that the disk cannot read is as good as one that it has changed. */
async function readOrNothing(disk: Disk, path: string): Promise<string | undefined> {
  try {
    return await readCheckedFile(disk, path);
  } catch (error) {
    if (isQuorateError(error) && error.code === 'disk-failed') return undefined;
    throw error;
  }
}

interface RecordText {
  readonly version: number;
  readonly groups: readonly { readonly group: GroupId; readonly lost: Loss }[];
}

/** A later release may know of losses that this one does not: then nothing is known. */
function decode(text: string): Map<GroupId, Loss> | undefined {
  const { version, groups } = JSON.parse(text) as RecordText;
  if (version !== formatVersion) return undefined;
  return new Map(groups.map(({ group, lost }) => [group, lost]));
}

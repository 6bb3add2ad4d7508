/**
 * Backups for clients: one consistent read of a group's state, given out frame by frame as its reader asks. Any
 * member gives them. It first makes sure, as for a linearizable read, that it has everything that was acknowledged
 * when it was asked; what is written meanwhile is not in it.
 *
 * A state is read for as long as its reader takes, and a store on disk keeps old pages for that long. So there are
 * few at a time, more are refused, and a reader that asks for nothing for a while has lost its backup. The other way
 * would be a file, as members who lack the state are sent one: the reader's pace would not matter, but each backup
 * would take the state's room once more on a disk that may be running full, which is when backups are made.
 */
import { crc32, isQuorateError, QuorateError } from '../base/index.ts';
import { type BackupRequest, decodeBackupRequest, encodeBackupBegun } from '../net/index.ts';
import type { Timer } from '../ports/index.ts';
import type { GroupId } from '../raft/index.ts';
import { BackupFrames, type BackupTools } from '../storage/index.ts';
import type { Caller, Gatekeeper } from './gatekeeper.ts';
import type { GroupHost } from './group-host.ts';
import { groupRestoring } from './group-refusals.ts';
import type { NodeOptions } from './options.ts';

export interface BackupsOptions {
  readonly node: Pick<NodeOptions, 'machine' | 'identity' | 'checksum' | 'cryptography'>;
  readonly gate: Pick<Gatekeeper, 'checkRoot'>;
  /** Throws where the node hosts no such group. */
  readonly host: (group: GroupId) => Pick<GroupHost, 'confirm' | 'beginSnapshot' | 'machine'>;
}

/** At one node. */
const backupsMax = 2;
const idleMsMax = 30_000;

const noBytes = new Uint8Array(0);

interface OpenBackup {
  readonly caller: Caller;
  readonly frames: BackupFrames;
  readonly chunks: Iterator<Uint8Array>;
  /** How many frames were given out. */
  place: number;
  idle: Timer | undefined;
}

export class Backups {
  readonly #options: BackupsOptions;
  readonly #open = new Map<number, OpenBackup>();
  /** Those that are about to be opened; they count as well. */
  #beginning = 0;
  #lastNumber = 0;
  readonly #gone = new WeakSet<Caller>();
  /** The last one that each has read to its end: who asks ahead asks for frames that are not there. */
  readonly #read = new WeakMap<Caller, number>();

  constructor(options: BackupsOptions) {
    this.#options = options;
  }

  async answer(caller: Caller, group: GroupId, body: Uint8Array): Promise<Uint8Array> {
    // Asked for each frame: rights that were taken away end what they allowed.
    this.#options.gate.checkRoot(caller);
    const request = decodeBackupRequest(body);
    switch (request.kind) {
      case 'begin':
        return await this.#begin(caller, group);
      case 'next':
        return this.#next(caller, request);
      case 'end':
        if (this.#open.get(request.backup)?.caller === caller) this.#release(request.backup);
        return noBytes;
    }
  }

  /** A client is no longer connected, and can ask for nothing more. */
  gone(caller: Caller): void {
    this.#gone.add(caller);
    for (const [backup, open] of this.#open) if (open.caller === caller) this.#release(backup);
  }

  async #begin(caller: Caller, group: GroupId): Promise<Uint8Array> {
    const tools = this.#tools();
    if (this.#open.size + this.#beginning >= backupsMax) throw tooMany();
    const host = this.#options.host(group);
    this.#beginning += 1;
    try {
      await host.confirm();
    } finally {
      this.#beginning -= 1;
    }
    // What was acknowledged before may have taken a right away.
    this.#options.gate.checkRoot(caller);
    if (this.#gone.has(caller)) throw lost('its reader is no longer connected');
    const { machine } = host;
    const mark = host.beginSnapshot({ isForLog: false });
    if (mark === undefined) throw groupRestoring(group);
    const { revision = 0, bytes: bytesAbout = 0 } = machine.figures ?? {};
    const frames = new BackupFrames(tools);
    const { cluster } = this.#options.node.identity;
    const { level } = mark.configuration;
    const madeMs = Math.max(0, Math.trunc(this.#options.node.machine.clock.wall()));
    const frame = frames.header({ cluster, group, index: mark.index, revision, level, bytesAbout, madeMs });
    const chunks = machine.snapshot()[Symbol.iterator]();
    this.#lastNumber += 1;
    const backup = this.#lastNumber;
    const open: OpenBackup = { caller, frames, chunks, place: 1, idle: undefined };
    this.#open.set(backup, open);
    this.#await(backup, open);
    return encodeBackupBegun({ backup, frame });
  }

  #next(caller: Caller, { backup, place }: Extract<BackupRequest, { kind: 'next' }>): Uint8Array {
    const open = this.#open.get(backup);
    if (open === undefined && this.#read.get(caller) === backup) return noBytes;
    if (open === undefined || open.caller !== caller)
      throw lost('this node has no such backup under way; it may have waited too long for its reader');
    if (open.place !== place) throw lost(`frame ${place} was asked for, and ${open.place} is next`);
    open.place += 1;
    const chunk = this.#chunk(backup, open);
    if (chunk !== undefined) {
      this.#await(backup, open);
      return open.frames.chunk(chunk);
    }
    this.#release(backup);
    this.#read.set(caller, backup);
    return open.frames.end();
  }

  #chunk(backup: number, { chunks }: OpenBackup): Uint8Array | undefined {
    try {
      const next = chunks.next();
      return next.done === true ? undefined : next.value;
    } catch (error) {
      this.#release(backup);
      // Another state has taken the place of the one that was read.
      if (isQuorateError(error) && error.code === 'closed') throw lost(error.message);
      throw error;
    }
  }

  /** For the next question about it. */
  #await(backup: number, open: OpenBackup): void {
    const { clock } = this.#options.node.machine;
    open.idle?.cancel();
    open.idle = clock.setTimer(idleMsMax, () => this.#release(backup), { background: true });
  }

  #release(backup: number): void {
    const open = this.#open.get(backup);
    this.#open.delete(backup);
    open?.idle?.cancel();
    open?.chunks.return?.();
  }

  #tools(): BackupTools {
    const { cryptography, checksum = crc32 } = this.#options.node;
    if (cryptography !== undefined) return { cryptography, checksum };
    throw lost('this node was started without cryptography, which its digest needs; ask another one');
  }
}

function tooMany(): QuorateError<'queue-full'> {
  return new QuorateError({
    code: 'queue-full',
    message: `this node gives out ${backupsMax} backups already; wait for one of them, or ask another node`,
    data: { queue: 'backups of a node', limit: backupsMax },
  });
}

function lost(reason: string): QuorateError<'backup-lost'> {
  return new QuorateError({
    code: 'backup-lost',
    message: `the backup was broken off: ${reason}; begin it again`,
    data: { reason },
  });
}

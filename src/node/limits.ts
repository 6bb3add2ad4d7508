/**
 * Limits that depend on each other. A command travels in one frame and lies in one segment of the log of every
 * member; one that the leader takes and a log cannot hold would end every node that it reaches.
 */
import { invalidOption } from '../base/index.ts';
import { framePayloadBytesMax } from '../net/index.ts';
import type { NodeOptions } from './options.ts';

const segmentBytesDefault = 64 << 20;
const commandBytesDefault = 8 << 20;

/** More than a frame or a segment needs beside one command. */
const overheadBytes = 4096;

/** The size of the log's segments. */
export function segmentBytes({ segmentBytes: bytes = segmentBytesDefault }: NodeOptions): number {
  return bytes;
}

/** The largest command that this node takes; by default a smaller one where segments are small. */
export function commandBytesMax(options: NodeOptions): number {
  return options.raft?.commandBytesMax ?? Math.min(commandBytesDefault, segmentBytes(options) >> 1);
}

/** Refuses what would work until the first large command. */
export function checkLimits(options: NodeOptions): void {
  const most = Math.min(segmentBytes(options), framePayloadBytesMax) - overheadBytes;
  const bytes = commandBytesMax(options);
  if (bytes > most) {
    throw invalidOption(
      'commandBytesMax',
      bytes,
      `at most ${most}, so that it fits into a segment and a frame`,
    );
  }
}

/** What one release can take part in, and the error for what lies outside of it. */
import { QuorateError } from '../base/index.ts';

/** What a member's software can take part in. */
export interface LevelRange {
  readonly least: number;
  readonly most: number;
}

export function supportsLevel({ least, most }: LevelRange, level: number): boolean {
  return least <= level && level <= most;
}

/** `what` is of the level, such as `the log of group 0`, and `release` cannot follow. */
export function levelUnsupported(
  what: string,
  level: number,
  { least, most }: LevelRange,
  release = "this member's release",
): QuorateError<'level-unsupported'> {
  const remedy =
    level > most
      ? `install a release that supports level ${level}; there is no way back below it`
      : `releases cannot be skipped: run one that supports level ${level} on every member until the level has risen to ${least}`;
  return new QuorateError({
    code: 'level-unsupported',
    message: `${what} is of level ${level}, and ${release} supports levels ${least} to ${most}; ${remedy}`,
    data: { level, least, most },
  });
}

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

/** `whose`: of whom it is said that it is of this level, such as `the log of group 0`. */
export function levelUnsupported(
  whose: string,
  level: number,
  { least, most }: LevelRange,
): QuorateError<'level-unsupported'> {
  const remedy =
    level > most
      ? `install a release that supports level ${level}; there is no way back below it`
      : `releases cannot be skipped: run one that supports level ${level} on every member until the level has risen to ${least}`;
  return new QuorateError({
    code: 'level-unsupported',
    message: `${whose} is of level ${level}, and this member's release supports levels ${least} to ${most}; ${remedy}`,
    data: { level, least, most },
  });
}

/** Versions by semantic versioning 2.0.0, as instances tell them: read whole, and compared as the standard says. */

export interface SemanticVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** What stands behind the dash, part by part; of a release there is nothing. What stands behind a plus is not kept. */
  readonly pre: readonly (string | number)[];
}

const lengthMax = 128;
const number = '(?:0|[1-9]\\d{0,14})';
const words = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const pattern = new RegExp(`^(${number})\\.(${number})\\.(${number})(?:-(${words}))?(?:\\+${words})?$`);
const numberPattern = new RegExp(`^${number}$`);

/** Undefined for what is no version. */
export function parseVersion(text: string): SemanticVersion | undefined {
  const found = text.length > lengthMax ? null : pattern.exec(text);
  if (found === null) return undefined;
  const pre = preReleaseOf(found[4] ?? '');
  if (pre === undefined) return undefined;
  return { major: Number(found[1]), minor: Number(found[2]), patch: Number(found[3]), pre };
}

/** Undefined where a number in it begins with a zero, which the standard forbids. */
export function preReleaseOf(text: string): readonly (string | number)[] | undefined {
  if (text === '') return [];
  const parts = text.split('.');
  if (parts.some((part) => /^\d+$/.test(part) && !numberPattern.test(part))) return undefined;
  return parts.map((part) => (numberPattern.test(part) ? Number(part) : part));
}

/** Below 0 where `left` comes before `right`; 0 where they differ in nothing that counts. */
export function compareVersions(left: SemanticVersion, right: SemanticVersion): number {
  const byNumbers = left.major - right.major || left.minor - right.minor || left.patch - right.patch;
  return byNumbers === 0 ? comparePreReleases(left.pre, right.pre) : byNumbers;
}

/** A release comes behind all that came before it; numbers come before words, and fewer parts before more. */
function comparePreReleases(left: SemanticVersion['pre'], right: SemanticVersion['pre']): number {
  if (left.length === 0 || right.length === 0) return right.length - left.length;
  for (const [at, one] of left.entries()) {
    const other = right[at];
    if (other === undefined) return 1;
    if (one === other) continue;
    if (typeof one !== typeof other) return typeof one === 'number' ? -1 : 1;
    return one < other ? -1 : 1;
  }
  return left.length - right.length;
}

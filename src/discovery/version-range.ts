/**
 * Which versions somebody can work with, in the words that people know from packages: `^1.2.0`, `~1.2`, `>=1.2 <2`,
 * `1.x`, `1.2.3`, `*`, and several of these with `||` between them. Each word becomes one or two bounds; a version is
 * in the range where it is within all bounds of one alternative.
 *
 * A version before a release, such as `2.0.0-rc.1`, is in a range only where a bound names one of the same release: who
 * asks for `>=1` does not want what its makers do not call finished.
 */
import { invalidOption } from '../base/index.ts';
import { compareVersions, parseVersion, preReleaseOf, type SemanticVersion } from './semantic-version.ts';

type Operator = '>=' | '>' | '<' | '<=' | '=';

interface Bound {
  readonly operator: Operator;
  readonly version: SemanticVersion;
}

/** What a word says of a version: `1.2` leaves the patch open. */
interface Partial {
  readonly parts: readonly number[];
  readonly pre: readonly (string | number)[];
}

const lengthMax = 256;
const wordPattern =
  /^(\^|~|>=|<=|>|<|=)?(\d{1,15}|[xX*])(?:\.(\d{1,15}|[xX*]))?(?:\.(\d{1,15}|[xX*]))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;
const expected =
  "a range of versions such as '^1.2.0', '~1.2', '>=1.2 <2', '1.x', '1.2.3', or several with || between them";

export class VersionRange {
  readonly text: string;
  readonly #alternatives: readonly (readonly Bound[])[];

  /** Throws `invalid-option` for what is no range. */
  constructor(text: string) {
    this.text = text;
    this.#alternatives = parseRange(text);
  }

  /** False for what is no version. */
  includes(version: string | undefined): boolean {
    const parsed = version === undefined ? undefined : parseVersion(version);
    return parsed !== undefined && this.#alternatives.some((bounds) => isWithin(parsed, bounds));
  }
}

function isWithin(version: SemanticVersion, bounds: readonly Bound[]): boolean {
  if (!bounds.every((bound) => holds(version, bound))) return false;
  return version.pre.length === 0 || bounds.some((bound) => namesPreReleaseOf(bound, version));
}

function namesPreReleaseOf({ version }: Bound, { major, minor, patch }: SemanticVersion): boolean {
  const isSame = version.major === major && version.minor === minor && version.patch === patch;
  return isSame && version.pre.length > 0;
}

function holds(version: SemanticVersion, { operator, version: bound }: Bound): boolean {
  const order = compareVersions(version, bound);
  switch (operator) {
    case '>=':
      return order >= 0;
    case '>':
      return order > 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '=':
      return order === 0;
  }
}

function parseRange(text: string): readonly (readonly Bound[])[] {
  if (typeof text !== 'string' || text.length > lengthMax || text.trim() === '')
    throw invalidOption('version', text, expected);
  return text.split('||').map((alternative) => {
    const words = alternative
      .replaceAll(/(\^|~|>=|<=|>|<|=)\s+/g, '$1')
      .trim()
      .split(/\s+/);
    return words.flatMap((word) => boundsOf(word, text));
  });
}

function boundsOf(word: string, text: string): readonly Bound[] {
  const [whole, operator = '', ...rest] = wordPattern.exec(word) ?? [];
  const partial = partialOf(rest);
  if (whole === undefined || partial === undefined) throw invalidOption('version', text, expected);
  if (operator === '^') return between(partial, caretPlaces(partial));
  if (operator === '~') return between(partial, Math.min(2, partial.parts.length));
  if (partial.parts.length === 3)
    return [{ operator: (operator || '=') as Operator, version: least(partial) }];
  return openBounds(operator, partial);
}

/** Undefined for what is no version, or names a part behind one that it leaves open. */
function partialOf([major, minor, patch, pre = '']: readonly (string | undefined)[]): Partial | undefined {
  const given = [major, minor, patch];
  const open = given.findIndex(isOpen);
  const parts = given.slice(0, open < 0 ? 3 : open).map(Number);
  if (!given.slice(parts.length).every(isOpen)) return undefined;
  if (parts.length < 3) return pre === '' ? { parts, pre: [] } : undefined;
  const words = pre.split('.').includes('') && pre !== '' ? undefined : preReleaseOf(pre);
  return words === undefined ? undefined : { parts, pre: words };
}

function isOpen(part: string | undefined): boolean {
  return part === undefined || /^[xX*]$/.test(part);
}

/** How many places must stay as they are: up to the first that is not zero, as far as they are given. */
function caretPlaces({ parts }: Partial): number {
  const first = parts.findIndex((part) => part > 0);
  return first < 0 ? parts.length : first + 1;
}

/** `1.2` with an operator, or without one: from its first version to the last. */
function openBounds(operator: string, partial: Partial): readonly Bound[] {
  const places = partial.parts.length;
  if (places === 0) return operator === '<' || operator === '>' ? [nothing] : [anything];
  switch (operator) {
    case '>=':
      return [{ operator, version: least(partial) }];
    case '<':
      return [{ operator, version: { ...least(partial), pre: [0] } }];
    case '>':
      return [{ operator: '>=', version: { ...behind(partial, places), pre: [] } }];
    case '<=':
      return [{ operator: '<', version: behind(partial, places) }];
    default:
      return between(partial, places);
  }
}

/** From `partial` on, as long as its first `places` stay as they are. */
function between(partial: Partial, places: number): readonly Bound[] {
  if (places === 0) return [anything];
  return [
    { operator: '>=', version: least(partial) },
    { operator: '<', version: behind(partial, places) },
  ];
}

function least({ parts: [major = 0, minor = 0, patch = 0], pre }: Partial): SemanticVersion {
  return { major, minor, patch, pre };
}

/** The first version that differs in the first `places`, and is greater; before all that come before its release. */
function behind({ parts }: Partial, places: number): SemanticVersion {
  const [major = 0, minor = 0, patch = 0] = parts.map((part, at) =>
    at < places - 1 ? part : at === places - 1 ? part + 1 : 0,
  );
  return { major, minor, patch, pre: [0] };
}

const anything: Bound = { operator: '>=', version: { major: 0, minor: 0, patch: 0, pre: [] } };
const nothing: Bound = { operator: '<', version: { major: 0, minor: 0, patch: 0, pre: [0] } };

/**
 * Keys as subjects of NATS and back. A part of a key becomes one token; what a token cannot hold, and `=` itself,
 * is written `=2E`, byte by byte in UTF-8. Tokens of our own begin with `=` and a small letter, which no part of a
 * key is ever written as.
 */

/** Where a reader writes in a directory to learn how far its own copy of it has come. */
const barrierToken = '=barrier';
/** Where it is kept up to which sequence a directory may lack changes. */
const floorToken = '=floor';
const sessionsToken = '=sessions';
const identityToken = '=identity';

const utf8 = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true });
const plain = /^[A-Za-z0-9_-]+$/;
const plainByte = /[A-Za-z0-9_-]/;
const tokenForm = /^(?:[A-Za-z0-9_-]|=[0-9A-F]{2})+$/;

/** One directory, as the stream has it. */
export interface Place {
  /** Matches everything in it, and nothing in directories below it. */
  readonly filter: string;
  readonly barrier: string;
  readonly floor: string;
  /** Of a name that has been checked. */
  subjectOf(name: string): string;
  /** Of a subject that the filter matches; undefined for what is none of ours. */
  nameOf(subject: string): string | undefined;
}

/** The directory of `path`, whose parts have been checked. */
export function placeOf(root: string, path: string): Place {
  return placeAt(`${root}.${path.split('/').map(tokenOf).join('.')}`);
}

/** Matched by the filter of no place. */
export function identitySubject(root: string): string {
  return `${root}.${identityToken}`;
}

export function sessionsPlace(root: string): Place {
  return placeAt(`${root}.${sessionsToken}`);
}

function placeAt(base: string): Place {
  return {
    filter: `${base}.*`,
    barrier: `${base}.${barrierToken}`,
    floor: `${base}.${floorToken}`,
    subjectOf: (name) => `${base}.${tokenOf(name)}`,
    nameOf: (subject) => partOf(subject.slice(base.length + 1)),
  };
}

function tokenOf(part: string): string {
  if (plain.test(part)) return part;
  let token = '';
  for (const byte of utf8.encode(part)) {
    const letter = String.fromCharCode(byte);
    token += plainByte.test(letter) ? letter : `=${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return token;
}

/** Undefined for a token that `tokenOf` does not write. */
function partOf(token: string): string | undefined {
  if (plain.test(token)) return token;
  if (!tokenForm.test(token)) return undefined;
  const bytes: number[] = [];
  for (let at = 0; at < token.length; at += 1) {
    const isPlain = token[at] !== '=';
    bytes.push(isPlain ? token.charCodeAt(at) : Number.parseInt(token.slice(at + 1, at + 3), 16));
    if (!isPlain) at += 2;
  }
  try {
    return strict.decode(Uint8Array.from(bytes));
  } catch {
    // Bytes that are no UTF-8: somebody else has written there.
    return undefined;
  }
}

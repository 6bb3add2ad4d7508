/**
 * What every engine refuses before anything is sent, in the same words: one rule for all, so that a program which
 * works on one engine is refused by another only for what that engine says of itself.
 */
import { durationMs, invalidOption, QuorateError } from '../../base/index.ts';
import { checkCapabilities } from './capabilities.ts';
import type { Engine, ListOptions, Operation, SessionOptions, TransactRequest } from './engine.ts';
import { checkDirectory, checkName, splitKey } from './keys.ts';
import { renewalShareMax, renewalShareMin } from './renewal.ts';

type Checked = Pick<Engine, 'kind' | 'provides' | 'limits'>;

/** Throws for a request that the engine cannot carry out, whatever it holds. */
export function checkTransaction(
  engine: Checked,
  { when = [], fences = [], operations }: TransactRequest,
): void {
  const { keyBytesMax } = engine.limits;
  if (operations.length === 0) throw invalidOption('operations', operations, 'at least one operation');
  for (const { key } of when) splitKey(key, keyBytesMax);
  for (const { key } of fences) splitKey(key, keyBytesMax);
  const keys = operations.map((operation) => checkedKey(operation, engine));
  if (keys.length > 1 && new Set(keys).size < keys.length)
    throw invalidOption('operations', keys.join(', '), 'no two operations on one key');
  if (fences.length > 0) checkCapabilities(engine, 'a fence', ['fencing']);
  if (operations.length > 1 || when.some(({ key }) => key !== keys[0]))
    checkCapabilities(engine, 'a transaction over several keys', ['transactions']);
}

/** Throws for a listing that no two servers would answer alike: a limit of 0 is everything for one and nothing for another. */
export function checkListing(directory: string, { limit }: Pick<ListOptions, 'limit'>): void {
  checkDirectory(directory);
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 1))
    throw invalidOption('limit', limit, 'a whole number of at least 1, or left out for all');
}

/** Throws for a time to live or a share that the engine does not keep. */
export function checkSession(engine: Checked, { ttlMs, renewalShare }: SessionOptions): void {
  const { ttlMsMin, ttlMsMax } = engine.limits;
  if (!(ttlMs >= ttlMsMin && ttlMs <= ttlMsMax)) {
    const limitMs = ttlMs > ttlMsMax ? ttlMsMax : ttlMsMin;
    throw new QuorateError({
      code: 'ttl-out-of-range',
      message: `a time to live of ${ttlMs} ms is outside of what ${engine.kind} keeps here; the nearest is ${limitMs} ms`,
      data: { ttlMs, limitMs },
    });
  }
  if (renewalShare !== undefined) checkRenewalShare(renewalShare);
}

/** Throws for a share of a time to live at which nothing can be renewed sensibly. */
export function checkRenewalShare(share: number): void {
  if (!(share >= renewalShareMin && share <= renewalShareMax))
    throw invalidOption('renewalShare', share, `from ${renewalShareMin} to ${renewalShareMax}`);
}

/** How long a call may take. */
export function deadlineMsOf(
  deadline: Parameters<typeof durationMs>[0] | undefined,
  defaultMs: number,
): number {
  return deadline === undefined ? defaultMs : durationMs(deadline, 'deadline');
}

function checkedKey(operation: Operation, engine: Checked): string {
  const { keyBytesMax } = engine.limits;
  if ('value' in operation) checkValue(operation.value, engine);
  if (operation.kind === 'add') checkAmounts(operation);
  if (operation.kind !== 'append') {
    splitKey(operation.key, keyBytesMax);
    return operation.key;
  }
  const { directory, label, id } = operation;
  if (!/^[a-z]{1,20}$/.test(label)) throw invalidOption('label', label, '1 to 20 lower case letters');
  if (!/^[A-Za-z0-9]{8,40}$/.test(id)) throw invalidOption('id', id, '8 to 40 letters and digits');
  checkDirectory(directory);
  const key = `${directory}/${checkName('id', id)}`;
  splitKey(`${key}-${label}`, keyBytesMax);
  return key;
}

function checkValue(value: Uint8Array, { limits, kind }: Checked): void {
  const { valueBytesMax: limit } = limits;
  if (value.length <= limit) return;
  throw new QuorateError({
    code: 'value-too-large',
    message: `a value has ${value.length} bytes and ${kind} takes at most ${limit} here; keep large data elsewhere`,
    data: { bytes: value.length, limit },
  });
}

function checkAmounts({ amount, least, most }: Extract<Operation, { kind: 'add' }>): void {
  for (const [name, number] of Object.entries({ amount, least, most }))
    if (number !== undefined && !Number.isSafeInteger(number))
      throw invalidOption(name, number, 'a whole number within ±(2⁵³ − 1)');
}

/**
 * Random steps for store and model. A step does not name leases, tokens or revisions, which do not exist yet
 * when it is drawn: it says which of those that will be there, and `resolve` looks them up in the model.
 */
import fc from 'fast-check';
import {
  type Command,
  type CommandBody,
  type Compare,
  type CompareOperator,
  type Fence,
  type Get,
  initialLimits,
  type KeyRange,
  type Operation,
  type SessionRequest,
} from '../../src/mvcc/index.ts';
import type { Model } from './model.ts';
import { hex, writtenKey } from './model-rules.ts';

/** A number that is made into one that fits when the time comes. */
type Choice = number;

interface Drawn {
  readonly body: (model: Model) => CommandBody;
  readonly session: Choice;
  readonly request: Choice;
  readonly acknowledged: Choice;
  readonly fences: readonly {
    readonly holder: Fence['holder'];
    readonly key: Uint8Array;
    readonly token: Choice;
  }[];
}

const operators: readonly CompareOperator[] = ['equal', 'unequal', 'less', 'greater'];

/** Few letters, so that keys meet; now and then one that is too long for the small limits below. */
const key: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 30, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 3, min: 97, max: 99 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 25, maxLength: 28, min: 97, max: 98 }) },
);
const bound = fc.uint8Array({ minLength: 0, maxLength: 3, min: 97, max: 100 });
const range: fc.Arbitrary<KeyRange> = fc.oneof(
  { weight: 2, arbitrary: key.map((start) => ({ start, end: undefined })) },
  { weight: 3, arbitrary: fc.record({ start: bound, end: bound }) },
);
const utf8Of = (text: string): Uint8Array => new TextEncoder().encode(text);
const value = fc.oneof(
  { weight: 20, arbitrary: fc.uint8Array({ maxLength: 6 }) },
  { weight: 4, arbitrary: fc.constantFrom('0', '7', '-3', '-0', '007', '9007199254740991').map(utf8Of) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 60, maxLength: 80 }) },
);
const choice: fc.Arbitrary<Choice> = fc.nat(1_000);

type Late<T> = (model: Model) => T;

/** In a few of the appends the suffix makes the key too long for the small limits. */
const append: fc.Arbitrary<Late<Operation>> = fc
  .record({
    prefix: bound,
    suffix: fc.uint8Array({ maxLength: 2, min: 97, max: 98 }),
    value,
    lease: choice,
    hasLease: fc.boolean(),
  })
  .map(
    ({ lease, hasLease, ...rest }) =>
      (model: Model): Operation => ({ kind: 'append', ...rest, lease: hasLease ? leaseOf(model, lease) : 0 }),
  );

const farthest = Number.MAX_SAFE_INTEGER;
const add: fc.Arbitrary<Late<Operation>> = fc
  .record({
    key,
    amount: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: -9, max: 9 }) },
      fc.constantFrom(farthest, -farthest),
    ),
    least: fc.constantFrom(-farthest, -farthest, -farthest, 0, -9),
    most: fc.constantFrom(farthest, farthest, farthest, 12, 0),
    lease: choice,
    hasLease: fc.boolean(),
    keepLease: fc.boolean(),
  })
  .map(({ lease, hasLease, ...rest }) => (model: Model): Operation => {
    const chosen = hasLease && !rest.keepLease ? leaseOf(model, lease) : 0;
    return { kind: 'add', ...rest, lease: chosen };
  });

/** A key that an append of the revision to come would make, put by hand: it happens to nobody but to those who mean it. */
const forged: fc.Arbitrary<Late<Operation>> = fc
  .record({ prefix: bound, ahead: fc.nat(2), value })
  .map(({ prefix, ahead, value: to }) => (model: Model): Operation => {
    const operation: Operation = { kind: 'append', prefix, suffix: new Uint8Array(0), value: to, lease: 0 };
    const made = writtenKey(operation, model.revision + 1 + ahead, 0) as Uint8Array;
    return { kind: 'put', key: made, value: to, lease: 0, keepLease: false, wantPrevious: false };
  });

const operation: fc.Arbitrary<Late<Operation>> = fc.oneof(
  { weight: 2, arbitrary: append },
  { weight: 3, arbitrary: add },
  { weight: 1, arbitrary: forged },
  {
    weight: 5,
    arbitrary: fc
      .record({
        key,
        value,
        lease: choice,
        hasLease: fc.boolean(),
        keepLease: fc.nat(4),
        wantPrevious: fc.boolean(),
      })
      .map(
        ({ key: at, value: to, lease, hasLease, keepLease, wantPrevious }) =>
          (model: Model): Operation => {
            const keeps = keepLease === 0;
            const chosen = hasLease && !keeps ? leaseOf(model, lease) : 0;
            return { kind: 'put', key: at, value: to, lease: chosen, keepLease: keeps, wantPrevious };
          },
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ range, wantPrevious: fc.boolean() })
      .map((drawn) => (): Operation => ({ kind: 'delete', ...drawn })),
  },
  {
    weight: 3,
    arbitrary: fc
      .record({
        range,
        revision: fc.option(choice, { freq: 1 }),
        limit: fc.nat(4),
        order: fc.constantFrom<Get['order']>('key', 'key', 'create-revision', 'modify-revision'),
        descending: fc.boolean(),
        content: fc.constantFrom<Get['content']>('entries', 'keys', 'count'),
      })
      .map(
        ({ revision, ...rest }) =>
          (model: Model): Operation => ({
            kind: 'get',
            ...rest,
            revision: revision === null ? 0 : revisionOf(model, revision),
          }),
      ),
  },
);

const compare: fc.Arbitrary<Late<Compare>> = fc
  .record({ range, value, number: choice, operator: fc.constantFrom(...operators), target: fc.nat(7) })
  .map(({ range: over, value: to, number, operator, target }) => (model: Model): Compare => {
    const revision = revisionOf(model, number);
    const table: readonly Compare[] = [
      { target: 'value', range: over, operator, value: to },
      { target: 'version', range: over, operator, number: number % 4 },
      { target: 'create-revision', range: over, operator, number: revision },
      { target: 'modify-revision', range: over, operator, number: revision },
      { target: 'lease', range: over, operator, number: leaseOf(model, number) },
      { target: 'exists', range: over },
      { target: 'absent', range: over },
      { target: 'lease-live', lease: leaseOf(model, number) },
    ];
    return table[target] as Compare;
  });

const transaction: fc.Arbitrary<Late<CommandBody>> = fc
  .record({
    compares: fc.array(compare, { maxLength: 3 }),
    onSuccess: fc.array(operation, { maxLength: 5 }),
    onFailure: fc.array(operation, { maxLength: 5 }),
  })
  .map(
    ({ compares, onSuccess, onFailure }) =>
      (model: Model): CommandBody => ({
        kind: 'transaction',
        compares: compares.map((late) => late(model)),
        onSuccess: onSuccess.map((late) => late(model)),
        onFailure: onFailure.map((late) => late(model)),
      }),
  );

const leaseWork: fc.Arbitrary<Late<CommandBody>> = fc
  .record({ kind: fc.nat(9), lease: choice, other: choice, number: fc.nat(120) })
  .map(({ kind, lease, other, number }) => (model: Model): CommandBody => {
    const [one, two] = [leaseOf(model, lease), leaseOf(model, other)];
    const renewals = (id: number): number =>
      (model.leases.get(id)?.renewals ?? 0) + (number % 5 === 0 ? 1 : 0);
    const table: readonly CommandBody[] = [
      { kind: 'lease-grant', lease: 0, ttlMs: number, session: 0 },
      { kind: 'lease-grant', lease: number % 30, ttlMs: 50, session: 0 },
      { kind: 'lease-grant', lease: 0, ttlMs: 50, session: one },
      { kind: 'lease-keep-alive', lease: one },
      { kind: 'lease-revoke', lease: one },
      { kind: 'session-open', ttlMs: number },
      { kind: 'session-open', ttlMs: 60 },
      { kind: 'session-close', session: one },
      { kind: 'lease-expire', leases: [one, two].map((id) => ({ lease: id, renewals: renewals(id) })) },
      { kind: 'lease-checkpoint', leases: [{ lease: one, renewals: renewals(one), remainingMs: number }] },
    ];
    return table[kind] as CommandBody;
  });

const upkeep: fc.Arbitrary<Late<CommandBody>> = fc
  .record({ kind: fc.nat(3), number: choice })
  .map(({ kind, number }) => (model: Model): CommandBody => {
    if (kind > 1) return { kind: 'compact', revision: revisionOf(model, number) };
    const limits = { ...initialLimits, keyBytesMax: 24, valueBytesMax: 64, ttlMsMax: 100 };
    return {
      kind: 'configure',
      limits: {
        ...limits,
        operationsMax: 4,
        keysTouchedMax: 8,
        leaseKeysMax: 3,
        leasesMax: 6,
        answersMax: 4,
      },
    };
  });

export const drawnCommand: fc.Arbitrary<Drawn> = fc.record({
  body: fc.oneof(
    { weight: 8, arbitrary: operation as fc.Arbitrary<Late<CommandBody>> },
    { weight: 4, arbitrary: transaction },
    { weight: 5, arbitrary: leaseWork },
    { weight: 1, arbitrary: upkeep },
  ),
  session: choice,
  request: choice,
  acknowledged: choice,
  fences: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.record({ holder: fc.constantFrom<Fence['holder']>('here', 'elsewhere'), key, token: choice }),
        { maxLength: 2 },
      ),
    },
  ),
});

export function resolve(drawn: Drawn, model: Model): Command {
  return {
    session: sessionOf(drawn, model),
    fences: drawn.fences.map((fence) => ({ ...fence, token: tokenOf(model, fence.key, fence.token) })),
    body: drawn.body(model),
  };
}

/** Mostly the next request of a living session; sometimes one that was sent before, skipped, or long forgotten. */
function sessionOf({ session, request, acknowledged }: Drawn, model: Model): SessionRequest | undefined {
  const ids = [...model.leases].filter(([, { answers }]) => answers !== undefined).map(([lease]) => lease);
  if (session % 3 > 0 || ids.length === 0) return undefined;
  const id = session % 20 === 0 ? leaseOf(model, session) : (ids[session % ids.length] as number);
  const known = model.leases.get(id);
  const highest =
    known?.answers?.reduce((most, answer) => Math.max(most, answer.request), known.acknowledged) ?? 0;
  const shift = [1, 1, 1, 1, 0, 0, -1, -2, 3, -9][request % 10] as number;
  const number = Math.max(1, highest + shift);
  const behind = Math.max(0, highest - (acknowledged % 6));
  return { session: id, request: number, acknowledged: Math.min(number - 1, behind) };
}

/** Mostly a lease that exists; 0 when there is none. */
function leaseOf(model: Model, at: Choice): number {
  const ids = [...model.leases.keys()].sort((left, right) => left - right);
  if (at % 20 === 0) return at % 50;
  return ids[at % Math.max(1, ids.length)] ?? 0;
}

/** Mostly a revision that can be read. */
function revisionOf(model: Model, at: Choice): number {
  if (at % 15 === 0) return at % (model.revision + 2);
  return model.compacted + (at % (model.revision - model.compacted + 1));
}

function tokenOf(model: Model, of: Uint8Array, at: Choice): number {
  const right = model.keys.get(hex(of))?.createRevision ?? model.guards.get(hex(of)) ?? 0;
  return at % 3 === 0 ? at % 20 : right;
}

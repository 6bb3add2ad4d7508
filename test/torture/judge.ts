/**
 * Judges one epoch when it is over: what clients saw, by the checkers that also judge the simulator; what watchers
 * saw, against each other and against what became of every write. Between two barriers each watcher must have
 * seen the same changes in the same order; every acknowledged write is among them at the revision that its client
 * was told, nothing that was refused is, and nothing is twice.
 */
import { checkHistory, explainVerdict, type History } from '../../src/sim/index.ts';
import type { Ledger } from './ledger.ts';
import type { SeenEvent } from './system.ts';

export interface Epoch {
  readonly registers: History;
  readonly lists: History;
  readonly ledger: Ledger;
  /** Below it lies what clients wrote in this epoch. */
  readonly prefix: string;
  /** What each node's watcher told since the last barrier, up to this one. */
  readonly watched: readonly (readonly SeenEvent[])[];
  /** What the keys hold at the end. */
  readonly final: ReadonlyMap<string, string>;
}

/** What is wrong, one text a finding; none: all is well. */
export function judgeEpoch(epoch: Epoch): string[] {
  return [
    ...judgeHistory('registers', epoch.registers, 'register'),
    ...judgeHistory('lists', epoch.lists, 'list-append'),
    ...judgeWatches(epoch),
    ...judgeReads(epoch),
  ];
}

function judgeHistory(what: string, history: History, model: 'register' | 'list-append'): string[] {
  const verdict = checkHistory(history, { model, level: 'linearizable' });
  return verdict.verdict === 'valid' ? [] : [`${what} are not linearizable: ${explainVerdict(verdict)}`];
}

function judgeWatches({ watched, ledger, prefix, final }: Epoch): string[] {
  const [first = []] = watched;
  return [
    ...watched.flatMap((events, place) => disagreements(place, events, first)),
    ...disorder(first),
    ...strangers(first, ledger, prefix),
    ...losses(first, ledger, prefix),
    ...wrongEnd(first, final, prefix),
  ];
}

/** All watchers told the same, whatever node they were at. */
function disagreements(place: number, events: readonly SeenEvent[], first: readonly SeenEvent[]): string[] {
  const length = Math.max(events.length, first.length);
  for (let at = 0; at < length; at += 1) {
    const [one, other] = [first[at], events[at]];
    if (one !== undefined && other !== undefined && describe(one) === describe(other)) continue;
    return [
      `the watchers of nodes 1 and ${place + 1} disagree at event ${at}: ${describe(one)} and ${describe(other)}`,
    ];
  }
  return [];
}

function disorder(events: readonly SeenEvent[]): string[] {
  const found: string[] = [];
  for (const [at, event] of events.entries()) {
    const before = events[at - 1];
    if (before !== undefined && event.revision < before.revision)
      found.push(`a watch went back: ${describe(before)}, then ${describe(event)}`);
  }
  return found;
}

/** Changes that nobody asked for, that were refused, or that came twice. */
function strangers(events: readonly SeenEvent[], ledger: Ledger, prefix: string): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  for (const event of events) {
    const { key, value, revision } = event;
    if (value === undefined) {
      if (key.startsWith(prefix)) found.push(`nobody deleted this yet: ${describe(event)}`);
      continue;
    }
    const entry = ledger.find(key, value);
    const name = `${key}\n${value}`;
    if (entry === undefined) found.push(`nobody wrote this: ${describe(event)}`);
    else if (entry.fate.kind === 'refused') found.push(`refused, and carried out: ${describe(event)}`);
    else if (entry.fate.kind === 'acknowledged' && entry.fate.revision !== revision)
      found.push(`acknowledged at revision ${entry.fate.revision}, and seen as ${describe(event)}`);
    if (seen.has(name)) found.push(`carried out twice: ${describe(event)}`);
    seen.add(name);
  }
  return found;
}

function losses(events: readonly SeenEvent[], ledger: Ledger, prefix: string): string[] {
  const seen = new Set(events.map(({ key, value, revision }) => `${key}\n${value}\n${revision}`));
  const found: string[] = [];
  for (const { key, value, fate } of ledger.entries()) {
    if (fate.kind !== 'acknowledged' || !key.startsWith(prefix)) continue;
    if (!seen.has(`${key}\n${value}\n${fate.revision}`))
      found.push(`an acknowledged write is lost: ${describe({ key, value, revision: fate.revision })}`);
  }
  return found;
}

/** The state at the end is what the changes lead to. */
function wrongEnd(
  events: readonly SeenEvent[],
  final: ReadonlyMap<string, string>,
  prefix: string,
): string[] {
  const expected = new Map<string, string>();
  for (const { key, value } of events) {
    if (!key.startsWith(prefix)) continue;
    if (value === undefined) expected.delete(key);
    else expected.set(key, value);
  }
  const found: string[] = [];
  for (const key of new Set([...expected.keys(), ...final.keys()])) {
    if (expected.get(key) !== final.get(key))
      found.push(`${key} ends as ${final.get(key)}, and the last change made it ${expected.get(key)}`);
  }
  return found;
}

/** A read that names its revision saw what the changes up to there made. */
function judgeReads({ registers, watched, prefix }: Epoch): string[] {
  const changes = new Map<string, SeenEvent[]>();
  for (const event of watched[0] ?? []) {
    const known = changes.get(event.key);
    if (known === undefined) changes.set(event.key, [event]);
    else known.push(event);
  }
  const found: string[] = [];
  for (const { f, key, output, outcome, revision } of registers.operations) {
    if (f !== 'read' || outcome !== 'applied' || revision === undefined) continue;
    if (!String(key).startsWith(prefix)) continue;
    const told = changes.get(String(key)) ?? [];
    const expected = told.findLast((event) => event.revision <= revision)?.value ?? null;
    if (output !== expected)
      found.push(`a read of ${key} at revision ${revision} saw ${String(output)}, but it was ${expected}`);
  }
  return found;
}

function describe(event: SeenEvent | undefined): string {
  if (event === undefined) return 'nothing';
  const { key, value, revision } = event;
  const shown = value === undefined ? 'deleted' : value.length > 60 ? `${value.slice(0, 60)}…` : value;
  return `${key} = ${shown} at revision ${revision}`;
}

/**
 * A semaphore: so many holders at a time, in the order in which they came. Each place says how many there may be, so
 * the number is known for as long as anybody uses it and forgotten with the last, and who comes with another one is
 * refused by whoever is there. Of those who wait only the first one hears of each departure; each of the others waits
 * for the one before him, who makes himself heard when he is let in.
 */
import { invalidOption } from '../base/index.ts';
import type { Item, Listing, WatchBatch } from '../engines/port/index.ts';
import { Hold, type HoldOptions } from './hold.ts';
import { type Arrival, Line, type Obstacle } from './line.ts';
import { checkSameNumber, holderIn, placeWith } from './number-in-places.ts';
import type { RecipeContext } from './recipe-context.ts';
import { Turnstile } from './turnstile.ts';

/** More than that many do not need to be counted by a server. */
const permitsMax = 10_000;

export interface SemaphoreOptions {
  /** How many may hold it at a time: from 1 to 10,000. All who use it must name the same number. */
  readonly permits: number;
}

export class Semaphore extends Turnstile<Hold> {
  readonly permits: number;

  constructor(context: RecipeContext, name: string, { permits }: SemaphoreOptions) {
    if (!Number.isInteger(permits) || permits < 1 || permits > permitsMax)
      throw invalidOption('permits', permits, `a whole number from 1 to ${permitsMax}`);
    const directory = context.pathOf('semaphores', name);
    const value = placeWith(permits, context.holder);
    const asked = { what: `semaphore ${name}`, unit: 'permits', asked: permits };
    const line = new Line(context, {
      what: asked.what,
      directory,
      label: 'permit',
      value,
      // One more than there may be tells whether anybody can be waiting.
      heads: permits + 1,
      aheadMax: permits + 1,
      isTurn: (heads, own) => heads.slice(0, permits).some(({ key }) => key === own),
      inspect: (items, own) => checkSameNumber(asked, items, own),
      obstacle: (ahead) => obstacleFor(permits, directory, ahead),
      holderOf: holderIn,
      onTurn: (arrival) => tell(context, value, arrival),
    });
    super(context, name, line);
    this.permits = permits;
  }

  protected override hold(options: HoldOptions): Hold {
    return new Hold(options);
  }
}

function obstacleFor(permits: number, directory: string, { items, mark }: Listing): Obstacle | undefined {
  if (items.length < permits) return undefined;
  const [nearest] = items;
  if (items.length === permits || nearest === undefined)
    return { target: { directory }, mark, isPassedBy: hasDeparture };
  // Gone, or let in: who is let in while others may be waiting writes his place once more.
  return { target: { key: nearest.key }, mark, isPassedBy: (batch) => isNews(batch, nearest) };
}

function hasDeparture(batch: WatchBatch): boolean {
  return batch.kind === 'present' || batch.events.some(({ kind }) => kind !== 'put');
}

function isNews(batch: WatchBatch, nearest: Item): boolean {
  if (batch.kind === 'changes') return batch.events.length > 0;
  const [item] = batch.items;
  return item === undefined || item.modified !== nearest.modified;
}

async function tell(
  { engine }: RecipeContext,
  value: Uint8Array,
  { place, key, token, isFollowed, signal }: Arrival,
): Promise<void> {
  if (!isFollowed) return;
  const { succeeded } = await engine.transact({
    when: [{ key, is: 'created', created: token }],
    operations: [{ kind: 'put', key, value, session: place.session }],
    signal,
  });
  if (!succeeded) throw place.lost();
}

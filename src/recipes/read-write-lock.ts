/**
 * A read-write lock: many who read or one who writes, in the order in which they came, so that neither starves. Who
 * reads waits for the nearest writer before him, who writes for whoever is before him. What a place is for stands in
 * its value, so that one who writes can turn his own place into one for reading without leaving the line.
 */
import { QuorateError } from '../base/index.ts';
import type { Item, WatchBatch } from '../engines/port/index.ts';
import { Hold, type HoldOptions } from './hold.ts';
import { Line, type Obstacle, untilGone } from './line.ts';
import type { RecipeContext } from './recipe-context.ts';
import { untilDone } from './removal.ts';
import { Turnstile } from './turnstile.ts';

type Mode = 'read' | 'write';

/** So many of the first are looked at before one who reads asks for all who are ahead of him. */
const readersAtOnce = 32;

const utf8 = new TextDecoder();
const bytes = new TextEncoder();

export class ReadWriteLock {
  readonly name: string;
  /** Any number at a time, while nobody writes. */
  readonly read: ReadLock;
  /** One at a time, while nobody reads. */
  readonly write: WriteLock;

  constructor(context: RecipeContext, name: string) {
    this.name = name;
    this.read = new ReadLock(context, name);
    this.write = new WriteLock(context, name);
  }
}

export class ReadLock extends Turnstile<ReadHold> {
  constructor(context: RecipeContext, name: string) {
    const line = new Line(context, {
      ...sharedRules(context, name, 'read'),
      heads: readersAtOnce,
      isTurn: (heads, own) => {
        const at = heads.findIndex(({ key }) => key === own);
        return at >= 0 && !heads.slice(0, at).some(writes);
      },
      obstacle: ({ items, mark }) => {
        const nearest = items.find(writes);
        return nearest && untilNoWriter(nearest.key, untilGone(nearest.key, mark));
      },
    });
    super(context, name, line);
  }

  protected override hold(options: HoldOptions): ReadHold {
    return new ReadHold(options);
  }

  protected override checkHolding(holding: Hold): void {
    if (holding instanceof WriteHold)
      throw modeRefused(holding, 'it is held for writing; call its downgrade() to go on reading');
  }
}

export class WriteLock extends Turnstile<WriteHold> {
  constructor(context: RecipeContext, name: string) {
    const line = new Line(context, {
      ...sharedRules(context, name, 'write'),
      heads: 1,
      aheadMax: 1,
      isTurn: ([first], own) => first?.key === own,
      obstacle: ({ items: [nearest], mark }) => nearest && untilGone(nearest.key, mark),
    });
    super(context, name, line);
  }

  protected override hold(options: HoldOptions): WriteHold {
    return new WriteHold(options);
  }

  protected override checkHolding(holding: Hold): void {
    if (!(holding instanceof WriteHold))
      throw modeRefused(
        holding,
        'two who read and both want to write would wait for each other; release it, and acquire it for writing',
      );
  }
}

export class ReadHold extends Hold {}

export class WriteHold extends Hold {
  /**
   * Goes on reading, with nobody else writing in between: this handle is over, and those who wait to read are let in.
   * Refused with `mode-refused` while there are other handles.
   */
  async downgrade(): Promise<ReadHold> {
    const shared = Hold.share(this);
    const { context, turn } = shared;
    const { place, key, token } = turn;
    if (place.handles > 2) {
      await place.leave();
      throw modeRefused(this, 'it has other handles for writing; release them first');
    }
    // From here on nobody writes under this handle, whatever becomes of the request.
    await this.release();
    try {
      const value = textOf(context, 'read');
      const results = await untilDone(context.engine, place.session, {
        when: [{ key, is: 'created', created: token }],
        operations: [{ kind: 'put', key, value, session: place.session }],
      });
      if (results === undefined || results.length === 0) throw place.lost();
      return new ReadHold(shared);
    } catch (error) {
      context.inBackground(`leaving ${place.what}`, () => place.leave());
      throw error;
    }
  }
}

function sharedRules(context: RecipeContext, name: string, mode: Mode) {
  return {
    what: `read-write lock ${name} for ${mode === 'read' ? 'reading' : 'writing'}`,
    directory: context.pathOf('read-write-locks', name),
    label: mode,
    value: textOf(context, mode),
    holderOf: (value: Uint8Array) => utf8.decode(value).replace(/^\S+ ?/, ''),
  } as const;
}

function textOf({ holder }: RecipeContext, mode: Mode): Uint8Array {
  return bytes.encode(`${mode} ${utf8.decode(holder)}`);
}

function writes({ value }: Item): boolean {
  return utf8.decode(value).startsWith('write');
}

/** Passes as well when who writes goes on reading. */
function untilNoWriter(key: string, gone: Obstacle): Obstacle {
  const isPassedBy = (batch: WatchBatch): boolean => {
    if (gone.isPassedBy(batch)) return true;
    const items =
      batch.kind === 'present'
        ? batch.items
        : batch.events.flatMap((event) => (event.kind === 'put' ? [event.item] : []));
    return items.some((item) => item.key === key && !writes(item));
  };
  return { ...gone, isPassedBy };
}

function modeRefused(hold: Hold, why: string): QuorateError<'mode-refused'> {
  return new QuorateError({
    code: 'mode-refused',
    message: `${hold.what} cannot be changed so: ${why}`,
    data: { what: hold.what, token: hold.token },
  });
}

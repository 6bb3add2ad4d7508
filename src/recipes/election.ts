/**
 * An election: candidates stand in a line, and who is first leads. What the leader says of himself stands in his place,
 * so everybody who may read the directory knows who leads, and his place is the fence of all that he writes.
 */

import { type Duration, isQuorateError, linkSignals } from '../base/index.ts';
import type { CallOptions, Item, WatchBatch } from '../engines/port/index.ts';
import { pause } from '../ports/index.ts';
import { Hold, type HoldOptions } from './hold.ts';
import { Line, untilGone } from './line.ts';
import { PresentItems } from './present-items.ts';
import { tellProblem } from './problems.ts';
import { Readings } from './readings.ts';
import type { RecipeContext } from './recipe-context.ts';
import type { WaitOptions } from './wait-limit.ts';

const utf8 = new TextDecoder();
const bytes = new TextEncoder();
/** How long who could not stand for election waits before he tries again, about. */
const againMs = 1_000;

/** Who leads, as others see it. */
export interface Leader {
  /** With the token, the fence of what this leader writes. */
  readonly key: string;
  readonly token: number;
  /** What it said of itself. */
  readonly value: Uint8Array;
  readonly text: string;
}

export interface CampaignOptions extends WaitOptions {
  /** What others are told of this candidate when it leads, such as its address. Default: the holder of the coordination. */
  readonly value?: string | Uint8Array;
  readonly ttl?: Duration;
}

export interface LeadOptions extends Omit<CampaignOptions, 'wait'> {}

export class Election {
  readonly name: string;
  readonly #context: RecipeContext;
  readonly #directory: string;
  readonly #line: Line;

  constructor(context: RecipeContext, name: string, kind: 'elections' | 'singletons' = 'elections') {
    this.name = name;
    this.#context = context;
    this.#directory = context.pathOf(kind, name);
    this.#line = new Line(context, {
      what: `${kind === 'elections' ? 'election' : 'singleton'} ${name}`,
      directory: this.#directory,
      label: 'candidate',
      value: context.holder,
      heads: 1,
      aheadMax: 1,
      isTurn: ([first], own) => first?.key === own,
      obstacle: ({ items: [nearest], mark }) => nearest && untilGone(nearest.key, mark),
      holderOf: (value) => utf8.decode(value),
    });
  }

  /** Stands for election, and resolves when it leads. Rejects as the acquisition of a lock does. */
  async campaign({ value, ttl, ...limits }: CampaignOptions = {}): Promise<Leadership> {
    const said = value === undefined ? {} : { value: bytesOf(value) };
    const turn = await this.#line.enter(this.#context.ttlMsOf(ttl), { ...limits, ...said });
    return new Leadership({ context: this.#context, turn });
  }

  /** Who leads now; undefined where nobody does. */
  async leader(options: CallOptions = {}): Promise<Leader | undefined> {
    const { items } = await this.#context.engine.list(this.#directory, { ...options, limit: 1 });
    return items[0] && leaderOf(items[0]);
  }

  /** Who leads now, and then each change, of who or of what is said; undefined while nobody does. */
  observe({ signal }: { readonly signal?: AbortSignal } = {}): Readings<Leader | undefined> {
    const present = new PresentItems();
    let told: Item | 'nothing' | undefined = 'nothing';
    const read = (batch: WatchBatch): Promise<readonly (Leader | undefined)[]> => {
      present.apply(batch);
      const [first] = present.oldestFirst;
      const isSame = told !== 'nothing' && told?.key === first?.key && told?.modified === first?.modified;
      told = first;
      return Promise.resolve(isSame ? [] : [first && leaderOf(first)]);
    };
    return new Readings(this.#context, { directory: this.#directory }, signal, read);
  }

  /**
   * Stands for election again and again, and calls `task` each time that it leads. Ends with the task, when that returns
   * or throws while it leads; where leadership was lost before, whatever became of the task, it stands again. Ends as
   * well with an error that trying again would not mend, and with `signal`, while it does not lead: to end a task that
   * leads is the task's own business.
   */
  async lead<T>(task: (leadership: Leadership) => T | Promise<T>, options: LeadOptions = {}): Promise<T> {
    while (true) {
      const leadership = await this.#campaignUntilHeard(options);
      try {
        const result = await task(leadership);
        if (leadership.isHeld) {
          await leadership.release();
          return result;
        }
      } catch (error) {
        if (leadership.isHeld) {
          await leadership.release();
          throw error;
        }
        // A task that is told to stop fails as it likes; who wants to know why, listens.
        tellProblem(`leading ${this.#line.what}`, error);
      }
    }
  }

  async #campaignUntilHeard(options: LeadOptions): Promise<Leadership> {
    const { engine, closed } = this.#context;
    using limit = linkSignals(closed, options.signal);
    while (true) {
      try {
        return await this.campaign(options);
      } catch (error) {
        const isPassing = isQuorateError(error) && (error.retryable || error.code === 'session-expired');
        if (limit.signal.aborted) throw limit.signal.reason;
        if (!isPassing) throw error;
        tellProblem(`standing for ${this.#line.what}`, error);
      }
      const waitMs = againMs * (0.5 + engine.random.uint32() / 2 ** 32);
      await pause(engine.clock, waitMs, limit.signal);
    }
  }
}

export class Leadership extends Hold {
  readonly #options: HoldOptions;

  constructor(options: HoldOptions) {
    super(options);
    this.#options = options;
  }

  /** Says something else of this leader. Rejects with `not-held` when it leads no more, and says nothing then. */
  async proclaim(value: string | Uint8Array, options: CallOptions = {}): Promise<void> {
    this.assertHeld();
    const { context, turn } = this.#options;
    try {
      const { succeeded } = await context.engine.transact({
        ...options,
        when: [{ key: this.key, is: 'created', created: this.token }],
        operations: [{ kind: 'put', key: this.key, value: bytesOf(value), session: turn.place.session }],
      });
      if (succeeded) return;
    } catch (error) {
      if (!isQuorateError(error) || error.code !== 'session-expired') throw error;
    }
    throw this.lostUnheard();
  }

  /** Lets the next candidate lead: another name of `release`. */
  resign(): Promise<void> {
    return this.release();
  }
}

function leaderOf({ key, created, value }: Item): Leader {
  return { key, token: created, value, text: utf8.decode(value) };
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? bytes.encode(value) : value;
}

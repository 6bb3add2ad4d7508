/**
 * The way in to all recipes: an engine, and what every recipe of it shares. What an engine lacks shows in its type, so
 * a recipe that needs it does not compile; who has no types at hand is refused when he asks for the recipe.
 */
import { type Duration, durationMs, invalidOption } from '../base/index.ts';
import {
  type Capability,
  checkCapabilities,
  type Engine,
  type Provides,
  type SessionState,
} from '../engines/port/index.ts';
import { type AgreementOptions, agree, decided } from './agreement.ts';
import { Barrier } from './barrier.ts';
import { Config, type ConfigOptions } from './config.ts';
import { Counter, type CounterOptions } from './counter.ts';
import { DoubleBarrier } from './double-barrier.ts';
import { Election } from './election.ts';
import { Group, type GroupOptions } from './group.ts';
import { IdGenerator, type IdGeneratorOptions } from './id-generator.ts';
import { Latch } from './latch.ts';
import { Lock, type LockOptions } from './lock.ts';
import { MultiLock } from './multi-lock.ts';
import {
  type KeptNeeds,
  keptNeeds,
  type QueueNeeds,
  queueNeeds,
  type SingletonNeeds,
  singletonNeeds,
  type TogetherNeeds,
  type TurnNeeds,
  togetherNeeds,
  turnNeeds,
} from './needs.ts';
import { type PriorityQueueOptions, Queue, type QueueOptions } from './queue.ts';
import { ReadWriteLock } from './read-write-lock.ts';
import { RecipeContext } from './recipe-context.ts';
import { Semaphore, type SemaphoreOptions } from './semaphore.ts';
import { Sequence, type SequenceOptions } from './sequence.ts';
import { SharedMap } from './shared-map.ts';
import { SharedValue, type ValueOptions } from './shared-value.ts';
import { Singleton, type SingletonOptions, type SingletonRun } from './singleton.ts';
import { Topic, type TopicOptions } from './topic.ts';

export interface CoordinationOptions {
  /** Before everything that recipes keep, such as `shop`: those of two prefixes know nothing of each other. Default none. */
  readonly prefix?: string;
  /**
   * How long the server keeps what is held for a holder that is not heard of any more, where a recipe is not told
   * otherwise. Shorter: the next one comes sooner, and a shorter stall costs the holder what it has. Default 10 s.
   */
  readonly ttl?: Duration;
  /** How this process is called where others see who holds something. Default: nothing. */
  readonly holder?: string;
  /**
   * What becomes of what is held while the server does not answer. `lose`: it counts as lost at once, and is given
   * back. `keep`: it is held until its time is over. Default `lose`.
   */
  readonly onSuspended?: 'lose' | 'keep';
  /** A session that no recipe needs is closed after so long. Default 30 s. */
  readonly idle?: Duration;
}

const ttlDefault = '10s';
const idleDefault = '30s';
const contexts = new WeakMap<Coordination, RecipeContext>();

/** For rooms above, whose objects share the sessions and the end of a coordination. Throws `closed`. */
export function contextOf(coordination: Coordination): RecipeContext {
  const context = contexts.get(coordination);
  if (context === undefined)
    throw invalidOption('coordination', coordination, 'what coordinate() has returned');
  context.checkOpen();
  return context;
}

export class Coordination<in C extends Capability = never> implements AsyncDisposable {
  readonly engine: Engine<C>;
  readonly #context: RecipeContext;

  constructor(engine: Engine<C>, context: RecipeContext) {
    this.engine = engine;
    this.#context = context;
    contexts.set(this, context);
  }

  /** `connected`, `suspended`, `reconnected` or `lost`: the worst of the sessions that recipes hold things by. */
  get state(): SessionState {
    return this.#context.sessions.state;
  }

  /** Hears of each change of state, until the function that it returns is called. */
  subscribe(listener: (state: SessionState) => void): () => void {
    return this.#context.sessions.subscribe(listener);
  }

  /** One holder at a time, in the order in which they came. */
  lock(this: Coordination<TurnNeeds>, name: string, options?: LockOptions): Lock {
    return new Lock(this.#ready(`lock ${name}`, turnNeeds), name, options);
  }

  /** One leader among all candidates; the next one when it is gone. */
  election(this: Coordination<TurnNeeds>, name: string): Election {
    return new Election(this.#ready(`election ${name}`, turnNeeds), name);
  }

  /** Runs `task` when it is due, once for all programs that ask for it under this name, until it is closed. */
  singleton(
    this: Coordination<SingletonNeeds>,
    name: string,
    options: SingletonOptions,
    task: (run: SingletonRun) => unknown,
  ): Singleton {
    return new Singleton(this.#ready(`singleton ${name}`, singletonNeeds), name, options, task);
  }

  /** A whole number that many add to, one command each. */
  counter(this: Coordination<KeptNeeds>, name: string, options?: CounterOptions): Counter {
    return new Counter(this.#ready(`counter ${name}`, keptNeeds), name, options);
  }

  /** Numbers that are given out once, in blocks. */
  sequence(this: Coordination<KeptNeeds>, name: string, options?: SequenceOptions): Sequence {
    return new Sequence(this.#ready(`sequence ${name}`, keptNeeds), name, options);
  }

  /** The one value that is decided for `key`, the same for all, for ever: `value`, or what was proposed before. */
  async agree<T>(
    this: Coordination<KeptNeeds>,
    key: string,
    value: T,
    options?: AgreementOptions<T>,
  ): Promise<T> {
    return await agree(this.#ready(`agreement ${key}`, keptNeeds), key, value, options);
  }

  /** What is decided for `key`, without a proposal; `undefined` where nothing is. */
  async decided<T = unknown>(
    this: Coordination<KeptNeeds>,
    key: string,
    options?: AgreementOptions<T>,
  ): Promise<T | undefined> {
    return await decided(this.#ready(`agreement ${key}`, keptNeeds), key, options);
  }

  /** One value that many read, change and watch. Needs nothing that an engine may lack. */
  value<T = unknown>(name: string, options?: ValueOptions<T>): SharedValue<T> {
    const context = this.#ready(`value ${name}`, {});
    return new SharedValue(context, context.pathOf('values', name), options);
  }

  /** Values by key, each on its own. Needs nothing that an engine may lack. */
  map<T = unknown>(name: string, options?: ValueOptions<T>): SharedMap<T> {
    return new SharedMap(this.#ready(`map ${name}`, {}), name, options);
  }

  /** What programs go by: typed, in layers, watched, published as a whole, rolled out by share, and gone back from. */
  config<T>(this: Coordination<KeptNeeds>, name: string, options: ConfigOptions<T>): Config<T> {
    return new Config(this.#ready(`configuration ${name}`, keptNeeds), name, options);
  }

  /** Numbers of 63 bits that grow with time and are given out once, without a call for each. */
  idGenerator(this: Coordination<KeptNeeds>, name: string, options?: IdGeneratorOptions): IdGenerator {
    return new IdGenerator(this.#ready(`id generator ${name}`, keptNeeds), name, options);
  }

  /** Who is there, and what they tell of themselves. Needs nothing that an engine may lack. */
  group<T = unknown>(name: string, options?: GroupOptions<T>): Group<T> {
    return new Group(this.#ready(`group ${name}`, {}), name, options);
  }

  /** Work that is handed out item by item, oldest first. */
  queue<T = unknown>(this: Coordination<QueueNeeds>, name: string, options?: QueueOptions<T>): Queue<T> {
    return new Queue(this.#ready(`queue ${name}`, queueNeeds), name, options);
  }

  /** The same with priorities; those of the first go before all others. */
  priorityQueue<T = unknown>(
    this: Coordination<QueueNeeds>,
    name: string,
    options: PriorityQueueOptions<T> = {},
  ): Queue<T> {
    return new Queue(this.#ready(`queue ${name}`, queueNeeds), name, { priorities: 3, ...options });
  }

  /** News for all who ask: told at most once, or published to a log and read by groups at least once. */
  topic<T = unknown>(this: Coordination<QueueNeeds>, name: string, options?: TopicOptions<T>): Topic<T> {
    return new Topic(this.#ready(`topic ${name}`, queueNeeds), name, options);
  }

  /** A gate that holds while it is raised. Needs nothing that an engine may lack. */
  barrier(name: string): Barrier {
    return new Barrier(this.#ready(`barrier ${name}`, {}), name);
  }

  /** So many go in together, and out together. */
  doubleBarrier(this: Coordination<TogetherNeeds>, name: string, size: number): DoubleBarrier {
    return new DoubleBarrier(this.#ready(`double barrier ${name}`, togetherNeeds), name, size);
  }

  /** Opens once, when it has been counted down so often. */
  latch(this: Coordination<KeptNeeds>, name: string, count: number): Latch {
    return new Latch(this.#ready(`latch ${name}`, keptNeeds), name, count);
  }

  /** Several locks at once or none, acquired in the order of their names. They are the same that `lock` makes. */
  locks(this: Coordination<TurnNeeds>, names: readonly string[], options?: LockOptions): MultiLock {
    const context = this.#ready(`locks ${names.join(', ')}`, turnNeeds);
    const locks = names.map((name) => new Lock(context, name, options));
    return new MultiLock(context, locks);
  }

  /** Many who read or one who writes, in the order in which they came. */
  readWriteLock(this: Coordination<TurnNeeds>, name: string): ReadWriteLock {
    return new ReadWriteLock(this.#ready(`read-write lock ${name}`, turnNeeds), name);
  }

  /** So many holders at a time, in the order in which they came. */
  semaphore(this: Coordination<TurnNeeds>, name: string, options: SemaphoreOptions): Semaphore {
    return new Semaphore(this.#ready(`semaphore ${name}`, turnNeeds), name, options);
  }

  /** Ends every wait, and gives everything back. The engine stays open. May be called twice. */
  close(): Promise<void> {
    return this.#context.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #ready<Needed extends Capability>(recipe: string, needs: Provides<Needed>): RecipeContext {
    this.#context.checkOpen();
    checkCapabilities(this.engine, recipe, Object.keys(needs) as Needed[]);
    return this.#context;
  }
}

/** Recipes on an engine. Needs no request; what is wrong with the server shows with the first recipe that asks it. */
export function coordinate<C extends Capability>(
  engine: Engine<C>,
  options: CoordinationOptions = {},
): Coordination<C> {
  const { prefix = '', ttl = ttlDefault, holder = '', idle = idleDefault, onSuspended = 'lose' } = options;
  if (onSuspended !== 'lose' && onSuspended !== 'keep')
    throw invalidOption('onSuspended', onSuspended, "'lose' or 'keep'");
  const context = new RecipeContext({
    engine,
    prefix,
    ttlMs: durationMs(ttl, 'ttl'),
    idleMs: durationMs(idle, 'idle'),
    holder,
    onSuspended,
  });
  return new Coordination(engine, context);
}

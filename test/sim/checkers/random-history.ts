/**
 * Histories of an object that is atomic by construction: each operation takes effect at one random moment
 * between its invocation and its return, answers get lost on the way, and clients whose answer was lost go on
 * under new numbers. Such a history is linearizable, always. `mutate` then breaks it a little; whether it is
 * broken in truth, an independent judge must say.
 */
import { Prng } from '../../../src/base/index.ts';
import {
  type History,
  HistoryBuilder,
  type HistoryEvent,
  type HistoryValue,
  type Scalar,
} from '../../../src/sim/history/index.ts';

export type Kind = 'unique-register' | 'register' | 'cas' | 'lock' | 'counter' | 'blind-counter' | 'queue';

export interface Scenario {
  readonly kind: Kind;
  readonly seed: number;
  readonly clients: number;
  readonly operations: number;
  readonly keys?: number;
  /** How often an answer is lost. Default 0. */
  readonly lossRate?: number;
  /** How often a request is refused without effect. Default 0. */
  readonly failRate?: number;
}

/** The request, and what became of it when it took effect: an answer, or nothing when it cannot proceed. */
interface Request {
  readonly f: HistoryEvent['f'];
  readonly value: HistoryValue;
  apply(): HistoryValue | undefined;
}

interface UnderWay {
  readonly request: Request;
  readonly key: string;
  answer: HistoryValue | undefined;
  revision: number;
  fate: 'ok' | 'fail' | 'lost';
}

/** The events of one run. Times are the positions, a few of them equal. */
export function simulate(scenario: Scenario): HistoryEvent[] {
  const prng = new Prng(scenario.seed);
  const world = new World(scenario, prng);
  const events: HistoryEvent[] = [];
  const clients: (UnderWay | undefined)[] = new Array(scenario.clients).fill(undefined);
  const processes = clients.map((_, client) => client);
  let started = 0;
  let nextProcess = scenario.clients;
  const time = (): number => Math.floor(events.length / 2) * 1000;
  for (let turn = 0; turn < scenario.operations * 40; turn += 1) {
    const client = prng.below(clients.length);
    const underWay = clients[client];
    const process = processes[client] as number;
    if (underWay === undefined) {
      if (started === scenario.operations) continue;
      started += 1;
      const begun = world.begin(process);
      clients[client] = begun;
      const { f, value } = begun.request;
      events.push({ process, type: 'invoke', f, key: begun.key, value, time: time() });
      continue;
    }
    if (underWay.answer === undefined && underWay.fate !== 'fail') {
      world.takeEffect(underWay);
      if (underWay.fate !== 'lost' || prng.chance(0.5)) continue;
    }
    const { f } = underWay.request;
    const type = underWay.fate === 'lost' ? 'info' : underWay.fate;
    if (type === 'ok' && underWay.answer === undefined) continue;
    const value = type === 'ok' ? (underWay.answer as HistoryValue) : null;
    const revision = type === 'ok' ? { revision: underWay.revision } : {};
    events.push({ process, type, f, key: underWay.key, value, time: time(), ...revision });
    clients[client] = undefined;
    if (type === 'info') processes[client] = nextProcess++;
  }
  return events;
}

export function toHistory(events: readonly HistoryEvent[]): History {
  const builder = new HistoryBuilder();
  for (const event of events) builder.add(event);
  return builder.history();
}

/** The objects themselves, and what clients ask of them. */
class World {
  readonly #scenario: Scenario;
  readonly #prng: Prng;
  readonly #values = new Map<string, Scalar>();
  readonly #queues = new Map<string, Scalar[]>();
  readonly #holders = new Map<string, number>();
  readonly #tokens = new Map<string, number>();
  #revision = 0;
  #unique = 0;

  constructor(scenario: Scenario, prng: Prng) {
    this.#scenario = scenario;
    this.#prng = prng;
  }

  begin(process: number): UnderWay {
    const key = `k${this.#prng.below(this.#scenario.keys ?? 1)}`;
    const { lossRate = 0, failRate = 0 } = this.#scenario;
    const luck = this.#prng.float();
    const fate = luck < lossRate ? 'lost' : luck < lossRate + failRate ? 'fail' : 'ok';
    const request = this.#request(key, process, fate);
    return { request, key, answer: undefined, revision: 0, fate };
  }

  takeEffect(underWay: UnderWay): void {
    const answer = underWay.request.apply();
    if (answer === undefined) return;
    underWay.answer = answer;
    if (underWay.request.f !== 'read' && answer !== false) this.#revision += 1;
    underWay.revision = this.#revision;
  }

  #request(key: string, process: number, fate: UnderWay['fate']): Request {
    switch (this.#scenario.kind) {
      case 'unique-register':
        return this.#prng.chance(0.5) ? this.#read(key) : this.#write(key, ++this.#unique);
      case 'register':
        return this.#prng.chance(0.5) ? this.#read(key) : this.#write(key, this.#prng.below(3));
      case 'cas':
        return this.#prng.chance(0.3) ? this.#read(key) : this.#changeRegister(key);
      case 'counter':
        return this.#prng.chance(0.3) ? this.#read(key, 0) : this.#add(key, true);
      case 'blind-counter':
        return this.#prng.chance(0.4) ? this.#read(key, 0) : this.#add(key, false);
      case 'queue':
        return this.#prng.chance(0.5) ? this.#append(key) : this.#take(key);
      case 'lock':
        return this.#lock(key, process, fate);
    }
  }

  #read(key: string, absent: Scalar = null): Request {
    return { f: 'read', value: null, apply: () => this.#values.get(key) ?? absent };
  }

  #write(key: string, value: Scalar): Request {
    const apply = (): null => {
      this.#values.set(key, value);
      return null;
    };
    return { f: 'write', value, apply };
  }

  #changeRegister(key: string): Request {
    if (this.#prng.chance(0.2)) return this.#write(key, this.#prng.below(4));
    const [expected, next] = [this.#prng.below(4), this.#prng.below(4)];
    const apply = (): boolean => {
      if (this.#values.get(key) !== expected) return false;
      this.#values.set(key, next);
      return true;
    };
    return { f: 'cas', value: [expected, next], apply };
  }

  #add(key: string, told: boolean): Request {
    const amount = this.#prng.pick([1, 1, 1, 2, -1]);
    const apply = (): number | null => {
      const sum = ((this.#values.get(key) as number | undefined) ?? 0) + amount;
      this.#values.set(key, sum);
      return told ? sum : null;
    };
    return { f: 'add', value: amount, apply };
  }

  #append(key: string): Request {
    const value = ++this.#unique;
    const apply = (): null => {
      this.#queue(key).push(value);
      return null;
    };
    return { f: 'append', value, apply };
  }

  #take(key: string): Request {
    return { f: 'acquire', value: null, apply: () => this.#queue(key).shift() ?? false };
  }

  #queue(key: string): Scalar[] {
    const queue = this.#queues.get(key) ?? [];
    this.#queues.set(key, queue);
    return queue;
  }

  #lock(key: string, process: number, fate: UnderWay['fate']): Request {
    const name = `${key}/${process}`;
    const token = this.#tokens.get(name);
    if (token !== undefined && this.#holders.get(key) === process) {
      const release = (): true => {
        this.#holders.delete(key);
        this.#tokens.delete(name);
        return true;
      };
      return { f: 'release', value: token, apply: release };
    }
    // A client that dies holding the lock would end the story for all, so that happens rarely.
    const granted = fate !== 'lost' || this.#prng.chance(0.1);
    const acquire = (): number | undefined => {
      if (this.#holders.has(key) || !granted) return undefined;
      this.#holders.set(key, process);
      this.#tokens.set(name, this.#revision + 1);
      return this.#revision + 1;
    };
    return { f: 'acquire', value: null, apply: acquire };
  }
}

/** Breaks a history a little: an answer changed, two answers exchanged, an order of events turned round. */
export function mutate(events: readonly HistoryEvent[], seed: number): HistoryEvent[] {
  const prng = new Prng(seed);
  const mutated = events.slice();
  const rounds = prng.between(1, 2);
  for (let round = 0; round < rounds; round += 1) mutateOnce(mutated, prng);
  return mutated;
}

function mutateOnce(events: HistoryEvent[], prng: Prng): void {
  const answered = [...events.keys()].filter((place) => {
    const { type, f } = events[place] as HistoryEvent;
    return type === 'ok' && (f === 'read' || f === 'add' || f === 'acquire');
  });
  const choice = prng.below(5);
  if (choice <= 1 && answered.length > 0) {
    const place = prng.pick(answered);
    const event = events[place] as HistoryEvent;
    const like = answered.map((other) => events[other] as HistoryEvent).filter(({ f }) => f === event.f);
    const isNumber = typeof event.value === 'number' && prng.chance(0.6);
    events[place] = { ...event, value: isNumber ? (event.value as number) + 1 : prng.pick(like).value };
  } else if (choice === 2 && answered.length > 1) {
    const [first, second] = prng.shuffled(answered) as [number, number];
    const [one, other] = [events[first] as HistoryEvent, events[second] as HistoryEvent];
    if (one.f !== other.f) return;
    events[first] = { ...one, value: other.value };
    events[second] = { ...other, value: one.value };
  } else if (choice === 3) {
    const refusals = [...events.keys()].filter((at) => {
      const { type, f } = events[at] as HistoryEvent;
      return type === 'ok' && f === 'cas';
    });
    if (refusals.length === 0) return hurry(events, prng);
    const place = prng.pick(refusals);
    const event = events[place] as HistoryEvent;
    events[place] = { ...event, value: event.value === false };
  } else {
    hurry(events, prng);
  }
}

/** Lets an operation end several events sooner than it did, as far as its invocation allows. */
function hurry(events: HistoryEvent[], prng: Prng): void {
  const ends = [...events.keys()].filter((at) => (events[at] as HistoryEvent).type === 'ok');
  if (ends.length === 0) return;
  let place = prng.pick(ends);
  for (let steps = prng.between(1, 8); steps > 0 && place > 0; steps -= 1) {
    const before = events[place - 1] as HistoryEvent;
    const event = events[place] as HistoryEvent;
    if (before.process === event.process) return;
    events[place - 1] = { ...event, time: before.time };
    events[place] = { ...before, time: event.time };
    place -= 1;
  }
}

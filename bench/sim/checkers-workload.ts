/**
 * Histories for the checkers' benchmark: clients of an atomic store, each operation taking effect at a random
 * moment between its invocation and its return, so that operations overlap as they do on a busy cluster. Lost
 * answers where asked for. Everything from one seed.
 */
import { Prng } from '../../src/base/index.ts';
import {
  type History,
  HistoryBuilder,
  type HistoryEvent,
  type HistoryValue,
  type MicroOperation,
  type Scalar,
} from '../../src/sim/history/index.ts';

export interface WorkloadOptions {
  readonly operations: number;
  readonly clients: number;
  readonly keys: number;
  /** How often an answer is lost. Default 0. */
  readonly lossRate?: number;
}

type Request = Pick<HistoryEvent, 'f' | 'key' | 'value'>;

/** What a store does with a request at the moment when it takes effect: its answer. */
interface Store {
  request(): Request;
  apply(request: Request): HistoryValue;
}

interface UnderWay {
  readonly request: Request;
  answer: HistoryValue | undefined;
  revision: number;
}

/** Half puts of values that all differ, half gets. */
export function putsAndGets(options: WorkloadOptions): History {
  return drive(options, (prng) => {
    const values = new Map<unknown, Scalar>();
    let unique = 0;
    return {
      request: () => {
        const key = `k${prng.below(options.keys)}`;
        return prng.chance(0.5) ? { f: 'read', key, value: null } : { f: 'write', key, value: ++unique };
      },
      apply: ({ f, key, value }) => {
        if (f === 'read') return values.get(key) ?? null;
        values.set(key, value as Scalar);
        return null;
      },
    };
  });
}

/** Compare-and-swaps between four values, of which most are refused, and a few writes and reads. */
export function swaps(options: WorkloadOptions): History {
  return drive(options, (prng) => {
    const values = new Map<unknown, Scalar>();
    return {
      request: () => {
        const key = `k${prng.below(options.keys)}`;
        const kind = prng.below(10);
        if (kind === 0) return { f: 'read', key, value: null };
        if (kind === 1) return { f: 'write', key, value: prng.below(4) };
        return { f: 'cas', key, value: [prng.below(4), prng.below(4)] };
      },
      apply: ({ f, key, value }) => {
        const held = values.get(key) ?? null;
        if (f === 'read') return held;
        const [expected, next] = f === 'cas' ? (value as readonly Scalar[]) : [held, value as Scalar];
        if (held === expected) values.set(key, next ?? null);
        return f === 'cas' ? held === expected : null;
      },
    };
  });
}

/** Transactions of up to four appends and reads of lists. */
export function listTransactions(options: WorkloadOptions): History {
  return drive(options, (prng) => {
    const lists = new Map<unknown, Scalar[]>();
    let unique = 0;
    return {
      request: () => {
        const steps = Array.from({ length: prng.between(1, 4) }, (): MicroOperation => {
          const key = `k${prng.below(options.keys)}`;
          return prng.chance(0.5) ? ['r', key, null] : ['append', key, ++unique];
        });
        return { f: 'txn', key: null, value: steps };
      },
      apply: ({ value }) =>
        (value as readonly MicroOperation[]).map((step): MicroOperation => {
          const list = lists.get(step[1]) ?? [];
          lists.set(step[1], list);
          if (step[0] === 'r') return ['r', step[1], list.slice()];
          list.push(step[2]);
          return step;
        }),
    };
  });
}

function drive(options: WorkloadOptions, open: (prng: Prng) => Store): History {
  const prng = new Prng(1);
  const store = open(prng);
  const builder = new HistoryBuilder();
  const clients = new Array<UnderWay | undefined>(options.clients).fill(undefined);
  const processes = Array.from(clients.keys());
  let nextProcess = options.clients;
  let revision = 0;
  for (let begun = 0; begun < options.operations || clients.some((client) => client !== undefined); ) {
    const client = prng.below(options.clients);
    const process = processes[client] as number;
    const time = builder.size * 500;
    const underWay = clients[client];
    if (underWay === undefined) {
      if (begun === options.operations) continue;
      begun += 1;
      const request = store.request();
      clients[client] = { request, answer: undefined, revision: 0 };
      builder.add({ process, type: 'invoke', ...request, time });
    } else if (underWay.answer === undefined) {
      underWay.answer = store.apply(underWay.request);
      if (underWay.request.f !== 'read' && underWay.answer !== false) revision += 1;
      underWay.revision = revision;
    } else {
      const lost = prng.chance(options.lossRate ?? 0);
      const { request, answer } = underWay;
      if (lost) builder.add({ process, type: 'info', ...request, value: null, time });
      else builder.add({ process, type: 'ok', ...request, value: answer, time, revision: underWay.revision });
      clients[client] = undefined;
      if (lost) processes[client] = nextProcess++;
    }
  }
  return builder.history();
}

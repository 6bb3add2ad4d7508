/**
 * Faults on purpose, by probability: a delay, a failure before the call or after it, a call that hangs. For tests and
 * rehearsals, so it is never made by accident: whether it is on must be said, and it is switched while it runs. It
 * stands innermost, where it looks to all other policies like the upstream itself.
 */
import { type Duration, durationMs, invalidOption, type Outcome, QuorateError } from '../base/index.ts';
import type { Timer } from '../ports/index.ts';
import type { AbortWatcher, Call, Task } from './call.ts';
import { type ChaosFault, type ChaosRules, drawFault } from './chaos-fault.ts';
import { LateGenerator } from './late-generator.ts';
import { probabilityOf } from './option-checks.ts';
import { Policy, type PolicyOptions } from './policy.ts';

export interface ChaosOptions extends PolicyOptions {
  /** Without a default: whoever makes one says so. */
  readonly enabled: boolean;
  /** A whole number; the same one makes the same faults in the same calls. Default: drawn anew. */
  readonly seed?: number;
  /** The call begins later, by a time between the two. `least` is 0 by default. */
  readonly delay?: { readonly probability: number; readonly least?: Duration; readonly most: Duration };
  readonly failure?: {
    readonly probability: number;
    /** `after`: the call is made, and its answer is lost. Default `before`. */
    readonly at?: 'before' | 'after';
    /** What the error says of itself. Default `not-applied` before the call, `unknown` after it. */
    readonly outcome?: Outcome;
  };
  /** The call is not made and has no end but its abort, or that of the chaos. */
  readonly hang?: { readonly probability: number };
}

export function chaos(options: ChaosOptions): ChaosPolicy {
  return new ChaosPolicy(options);
}

export class ChaosPolicy extends Policy<'chaos'> {
  readonly #held = new Set<Held>();
  #isEnabled: boolean;
  #rules: ChaosRules;
  #random: LateGenerator;

  constructor(options: ChaosOptions) {
    super(['chaos'], options.name ?? 'chaos', options.clock);
    this.#isEnabled = enabledOf(options);
    this.#rules = rulesOf(options);
    this.#random = new LateGenerator(options.seed);
  }

  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  enable(): void {
    this.#isEnabled = true;
  }

  /** Calls that are held up go on at once; those that hang fail. */
  disable(): void {
    this.#isEnabled = false;
    for (const held of [...this.#held]) held.release();
  }

  /** A seed that is given begins its faults anew. */
  configure(options: Omit<ChaosOptions, keyof PolicyOptions>): void {
    const [isEnabled, rules] = [enabledOf(options), rulesOf(options)];
    if (options.seed !== undefined) this.#random = new LateGenerator(options.seed);
    this.#rules = rules;
    if (isEnabled) this.enable();
    else this.disable();
  }

  override async run<T>(task: Task<T>, call: Call): Promise<T> {
    if (!this.#isEnabled) return await task(call);
    const { failure } = this.#rules;
    const fault = drawFault(this.#rules, this.#random.generator);
    if (fault.delayMs > 0 || fault.kind !== 'nothing') this.#tellFault(fault);
    if (fault.delayMs > 0) await this.#hold(call, fault.delayMs);
    if (!this.#isEnabled) return await task(call);
    if (fault.kind === 'hang') {
      await this.#hold(call);
      throw this.#injected('hang', 'unknown');
    }
    if (fault.kind === 'failure-before') throw this.#injected('failure', failure.outcome);
    const answer = await task(call);
    if (fault.kind === 'failure-after') throw this.#injected('lost answer', failure.outcome);
    return answer;
  }

  /** For so long, or until the call is aborted, whose reason it rejects with, or the chaos switched off. */
  #hold(call: Call, forMs?: number): Promise<void> {
    if (call.isAborted) return Promise.reject(call.reason);
    return new Promise((resolve, reject) => {
      const held = new Held(call, resolve, reject, () => this.#held.delete(held));
      this.#held.add(held);
      held.begin(forMs);
    });
  }

  #tellFault({ delayMs, kind: fault }: ChaosFault): void {
    this.tell(() => ({ type: 'chaos-injected', kind: 'chaos', policy: this.name, delayMs, fault }));
  }

  #injected(fault: string, outcome: Outcome): QuorateError<'chaos-injected'> {
    const { name } = this;
    return new QuorateError({
      code: 'chaos-injected',
      message: `${name} made this call fail on purpose (${fault}); disable it where that is not wanted`,
      data: { chaos: name, fault },
      outcome,
    });
  }
}

/** A call that does not go on yet. */
class Held implements AbortWatcher {
  readonly #call: Call;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  readonly #onOver: () => void;
  #timer: Timer | undefined;

  constructor(call: Call, resolve: () => void, reject: (reason: unknown) => void, onOver: () => void) {
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#onOver = onOver;
  }

  begin(forMs: number | undefined): void {
    this.#call.watch(this);
    if (forMs !== undefined) this.#timer = this.#call.clock.setTimer(forMs, () => this.release());
  }

  release(): void {
    this.#end();
    this.#call.unwatch(this);
    this.#resolve();
  }

  onAbort(reason: unknown): void {
    this.#end();
    this.#reject(reason);
  }

  #end(): void {
    this.#timer?.cancel();
    this.#onOver();
  }
}

function enabledOf({ enabled }: Pick<ChaosOptions, 'enabled'>): boolean {
  if (typeof enabled === 'boolean') return enabled;
  throw invalidOption('enabled', enabled, 'true or false, given explicitly: chaos is never on by accident');
}

function rulesOf({ delay, failure, hang }: Omit<ChaosOptions, keyof PolicyOptions>): ChaosRules {
  const [leastMs, mostMs] = [
    durationMs(delay?.least ?? 0, 'delay.least'),
    durationMs(delay?.most ?? 0, 'delay.most'),
  ];
  if (leastMs > mostMs)
    throw invalidOption('delay.least', delay?.least, `at most ${mostMs} ms, which is delay.most`);
  const at = failure?.at ?? 'before';
  if (at !== 'before' && at !== 'after') throw invalidOption('failure.at', at, "'before' or 'after'");
  const outcome = failure?.outcome ?? (at === 'before' ? 'not-applied' : 'unknown');
  if (outcome !== 'unknown' && (outcome !== 'not-applied' || at === 'after')) {
    const allowed = at === 'after' ? "'unknown': the call was made" : "'not-applied' or 'unknown'";
    throw invalidOption('failure.outcome', outcome, allowed);
  }
  return {
    delay: { probability: probabilityOf('delay.probability', delay?.probability ?? 0), leastMs, mostMs },
    failure: { probability: probabilityOf('failure.probability', failure?.probability ?? 0), at, outcome },
    hang: { probability: probabilityOf('hang.probability', hang?.probability ?? 0) },
  };
}

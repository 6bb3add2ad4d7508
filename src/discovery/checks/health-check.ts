/** One check that runs: what it sees goes through the rule, and whoever wants to know hears of it. */
import { invalidOption, Prng, QuorateError } from '../../base/index.ts';
import { Listeners } from '../listeners.ts';
import type { Check, CheckKind } from './check.ts';
import { type CheckSettings, checkSettings, kindOf, type LookSettings } from './check-settings.ts';
import { commandProbe } from './command-probe.ts';
import { grpcProbe } from './grpc-probe.ts';
import { type HealthPorts, healthPorts } from './health-ports.ts';
import { HealthRule, type HealthStatus, healthStatuses } from './health-rule.ts';
import { Heartbeat } from './heartbeat.ts';
import { httpProbe } from './http-probe.ts';
import type { Probe } from './observation.ts';
import { ownProbe } from './own-probe.ts';
import { type Look, type LookResult, Poller } from './poller.ts';
import { tcpProbe } from './tcp-probe.ts';

export interface HealthReport {
  readonly name: string;
  readonly kind: CheckKind;
  readonly status: HealthStatus;
  /** What the last look saw, whether it changed the status or not. */
  readonly detail: string;
  /** What came of the last look; undefined before the first. */
  readonly result: LookResult | undefined;
  /** By the clock of the checks: when it became critical, or, where it was never well, when its grace ends. */
  readonly criticalSinceMs: number | undefined;
}

export type HealthListener = (report: HealthReport) => void;

export class HealthCheck implements Disposable {
  readonly #settings: CheckSettings;
  readonly #ports: HealthPorts;
  readonly #rule: HealthRule;
  readonly #driver: Poller | Heartbeat;
  readonly #listeners = new Listeners<HealthReport>();
  #report: HealthReport;

  /** Use `healthCheck` to make one. */
  constructor(settings: CheckSettings, ports: HealthPorts) {
    const { name, look } = settings;
    this.#settings = settings;
    this.#ports = ports;
    this.#rule = new HealthRule(settings.rule, ports.clock.now());
    this.#report = {
      name,
      kind: look.kind,
      status: this.#rule.status,
      detail: 'it was not looked at yet',
      result: undefined,
      criticalSinceMs: this.#rule.criticalSinceMs,
    };
    this.#driver = driverOf(look, ports, (seen) => this.#onLook(seen));
  }

  get name(): string {
    return this.#settings.name;
  }

  get kind(): CheckKind {
    return this.#settings.look.kind;
  }

  get status(): HealthStatus {
    return this.#rule.status;
  }

  get report(): HealthReport {
    return this.#report;
  }

  /** Hears of each look, after it has been judged, until the function that it returns is called. */
  subscribe(listener: HealthListener): () => void {
    return this.#listeners.add(listener);
  }

  /** For a check by TTL: the service says that it lives, and how it is. */
  beat(status: HealthStatus = 'passing', detail = 'it says so itself'): void {
    if (!healthStatuses.includes(status))
      throw invalidOption('status', status, `one of ${healthStatuses.join(', ')}`);
    if (this.#driver instanceof Heartbeat) this.#driver.beat(status, detail);
    else
      throw new QuorateError({
        code: 'invalid-option',
        message: `the check ${this.name} is of kind ${this.kind} and looks by itself; only one of kind ttl waits for a beat`,
        data: { option: 'check', value: this.name, expected: 'the name of a check of kind ttl' },
      });
  }

  /** Ends its timers and the look that is under way. May be called twice. */
  close(): void {
    this.#driver.close();
    this.#listeners.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #onLook({ result, observation }: Look): void {
    if (observation !== undefined) this.#rule.observe(observation.status, this.#ports.clock.now());
    const { status, criticalSinceMs } = this.#rule;
    const detail = observation?.detail ?? this.#report.detail;
    this.#report = { ...this.#report, status, criticalSinceMs, result, detail };
    this.#listeners.tell(this.#report);
  }
}

/** Starts a check by itself, without a registration: for a readiness page, say. Ends with `close`. */
export function healthCheck(check: Check, ports: Partial<HealthPorts> = {}): HealthCheck {
  const name = check.name ?? kindOf(check, 'check');
  return new HealthCheck(checkSettings(check, 'check', name), healthPorts(ports));
}

function driverOf(look: LookSettings, ports: HealthPorts, looked: (look: Look) => void): Poller | Heartbeat {
  const { clock, random } = ports;
  if (look.kind === 'ttl') return new Heartbeat({ ttlMs: look.ttlMs, clock, looked });
  return new Poller({
    settings: look,
    probe: probeOf(look, ports),
    clock,
    random: new Prng(random.uint32()),
    looked,
  });
}

function probeOf(look: Exclude<LookSettings, { readonly kind: 'ttl' }>, ports: HealthPorts): Probe {
  switch (look.kind) {
    case 'http':
      return httpProbe(look, ports.fetch);
    case 'tcp':
      return tcpProbe(look, ports.network);
    case 'grpc':
      return grpcProbe(look, ports.clock);
    case 'command':
      return commandProbe(look, ports.processes);
    case 'own':
      return ownProbe(look.run);
  }
}

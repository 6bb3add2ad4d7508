/**
 * One run: a cluster of real processes, clients at work, faults by a schedule. It goes by epochs. At the end of each
 * all is healed; the cluster must find its leader, answer every client and agree with itself within a bound; a
 * barrier is written, and when all watchers have seen it the epoch is judged as a whole and forgotten. So a run of
 * an hour needs no more memory than one of a minute.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type HistoryEvent, serializeHistory } from '../../src/sim/index.ts';
import type { FaultKind } from './fault.ts';
import { type Epoch, judgeEpoch } from './judge.ts';
import { Ledger } from './ledger.ts';
import { Sampler } from './sampler.ts';
import { drawSchedule } from './schedule.ts';
import type { SmallDisk } from './small-disk.ts';
import type { SeenEvent, StoreClient, System, Watcher } from './system.ts';
import { Tormentor } from './tormentor.ts';
import { Workload } from './workload.ts';

export interface TortureOptions {
  readonly system: System;
  readonly seed: number;
  readonly epochs: number;
  readonly epochMs: number;
  readonly workers: number;
  readonly pauseMsMax: number;
  readonly killLeaderEveryMs: number | undefined;
  readonly kinds: ReadonlySet<FaultKind>;
  readonly disk: SmallDisk | undefined;
  /** True: nothing is done to the cluster, so that each change of its leader is a finding. */
  readonly isCalm: boolean;
  /** Where histories and faults are written when something is wrong. */
  readonly directory: string;
  readonly say: (line: string) => void;
  /** Ends the run early, as if it had been planned to end here. */
  readonly signal: AbortSignal;
}

export interface TortureReport {
  readonly findings: readonly string[];
  readonly epochs: number;
  readonly operations: { readonly done: number; readonly refused: number; readonly unknown: number };
  readonly struck: ReadonlyMap<string, number>;
  /** Terms in which somebody was seen to lead. */
  readonly terms: number;
  readonly recoveryMsMax: number;
  readonly silenceMsMax: number;
  readonly sampler: Sampler;
}

/** How long a healed cluster may take until everybody is answered. Generous: the machine may be busy with other things. */
const recoveryMsMax = 60_000;
const lookMs = 50;
const root = 't/';

export async function torture(options: TortureOptions): Promise<TortureReport> {
  const run = new Run(options);
  try {
    return await run.carryOut();
  } finally {
    await run.close();
  }
}

class Run {
  readonly #options: TortureOptions;
  readonly #ledger = new Ledger();
  readonly #tormentor: Tormentor;
  readonly #workload: Workload;
  readonly #sampler: Sampler;
  readonly #watchers: readonly Watcher[];
  readonly #barrierClient: StoreClient;
  readonly #findings: string[] = [];
  #recoveryMsMax = 0;
  /** The term that a calm cluster keeps. */
  #term: number | undefined;
  #probes = 0;

  constructor(options: TortureOptions) {
    const { system, disk, seed, workers, pauseMsMax } = options;
    this.#options = options;
    this.#tormentor = new Tormentor(system, disk);
    this.#workload = new Workload({
      system,
      ledger: this.#ledger,
      seed,
      workers,
      pauseMsMax,
      onSilence: (silentMs) => this.#tormentor.note(`nobody was answered for ${Math.round(silentMs)} ms`),
    });
    this.#sampler = new Sampler(system);
    this.#watchers = system.nodes.map(({ place }) => system.watch(place, root));
    this.#barrierClient = system.client(0);
  }

  async carryOut(): Promise<TortureReport> {
    const { epochs, signal } = this.#options;
    await this.#recover();
    await this.#noteElections();
    let epoch = 0;
    while (epoch < epochs && this.#findings.length === 0 && !signal.aborted) {
      await this.#epoch(epoch);
      epoch += 1;
    }
    this.#findings.push(...this.#sampler.memoryFindings());
    this.#writeFaults();
    const { counts, silenceMsMax } = this.#workload;
    return {
      findings: this.#findings,
      epochs: epoch,
      operations: counts,
      struck: this.#tormentor.struck,
      terms: this.#sampler.terms,
      recoveryMsMax: this.#recoveryMsMax,
      silenceMsMax,
      sampler: this.#sampler,
    };
  }

  async close(): Promise<void> {
    await this.#sampler.close();
    await this.#workload.close();
    await this.#barrierClient.close();
    await Promise.all(this.#watchers.map((watcher) => watcher.close()));
  }

  async #epoch(epoch: number): Promise<void> {
    const { system, seed, epochMs, kinds, killLeaderEveryMs, epochs, say, signal } = this.#options;
    const prefix = `${root}e${epoch}/`;
    const before = { ...this.#workload.counts };
    this.#workload.start(prefix);
    const schedule = drawSchedule({
      seed,
      epoch,
      epochMs,
      kinds,
      killLeaderEveryMs,
      nodes: system.nodes.length,
    });
    await this.#tormentor.carryOut(schedule, epochMs, signal);
    await this.#tormentor.heal();
    const recoveryMs = await this.#recover();
    await this.#workload.stop();
    if (recoveryMs === undefined) return;
    await this.#noteElections();
    const judged = await this.#judge(epoch, prefix);
    if (!judged) return;
    await system.sweep(prefix);
    this.#ledger.forgetSettled();
    const { done, refused, unknown } = this.#workload.counts;
    say(
      `epoch ${epoch + 1} of ${epochs}: ${done - before.done} done, ${refused - before.refused} refused, ` +
        `${unknown - before.unknown} unknown; ${schedule.length} faults, whole again after ${Math.round(recoveryMs)} ms`,
    );
  }

  /** How long it took until one node led, all had applied the same, and every client's write was done. */
  async #recover(): Promise<number | undefined> {
    const beganMs = performance.now();
    while (performance.now() - beganMs < recoveryMsMax) {
      this.#noteDeaths();
      if ((await this.#isWhole()) && (await this.#isAnswered())) {
        const tookMs = performance.now() - beganMs;
        this.#recoveryMsMax = Math.max(this.#recoveryMsMax, tookMs);
        return tookMs;
      }
      await delay(lookMs);
    }
    const looks = await this.#looks();
    this.#findings.push(
      `${recoveryMsMax} ms after everything was healed the cluster was not whole: ${JSON.stringify(looks)}`,
    );
    return undefined;
  }

  #noteDeaths(): void {
    for (const { child, place } of this.#options.system.nodes) {
      const how = child.takeDeath();
      if (how === undefined) continue;
      this.#findings.push(`node ${place + 1} ended by itself (${how}); its log says why`);
    }
  }

  /** Whoever leads when a calm run has begun leads to its end. */
  async #noteElections(): Promise<void> {
    if (!this.#options.isCalm) return;
    const looks = await this.#looks();
    const term = Math.max(...looks.map((look) => look?.term ?? 0));
    this.#term ??= term;
    if (term === this.#term) return;
    this.#findings.push(`nobody did anything to the leader, and the term rose from ${this.#term} to ${term}`);
  }

  async #looks() {
    const { system } = this.#options;
    return await Promise.all(system.nodes.map(({ place }) => system.look(place)));
  }

  async #isWhole(): Promise<boolean> {
    const looks = await this.#looks();
    const told = looks.filter((look) => look !== undefined);
    if (told.length < looks.length) return false;
    return told.filter(({ leads }) => leads).length === 1 && new Set(told.map(({ term }) => term)).size === 1;
  }

  async #isAnswered(): Promise<boolean> {
    this.#probes += 1;
    const value = `p${this.#probes}`;
    return await this.#write(`${root}probe`, value);
  }

  async #write(key: string, value: string): Promise<boolean> {
    this.#ledger.begin(key, value);
    try {
      const { revision } = await this.#barrierClient.write(key, value);
      this.#ledger.settle(key, value, { kind: 'acknowledged', revision });
      return true;
    } catch {
      // Its fate stays unknown; whoever waits for the cluster tries again.
      return false;
    }
  }

  /** False: something is wrong, and was noted and written down. */
  async #judge(epoch: number, prefix: string): Promise<boolean> {
    const { system } = this.#options;
    await this.#workload.probe(prefix);
    const barrier = `b${epoch}`;
    if (!(await this.#write(`${root}barrier`, barrier))) {
      this.#findings.push('a whole cluster did not take the barrier');
      return false;
    }
    const watched = await this.#watchedUpTo(barrier);
    if (watched === undefined) return false;
    const judged: Epoch = {
      registers: this.#workload.registers.history(),
      lists: this.#workload.lists.history(),
      ledger: this.#ledger,
      prefix,
      watched,
      final: await system.contents(prefix),
    };
    this.#findings.push(...judgeEpoch(judged), ...this.#sampler.findings.splice(0));
    if (this.#findings.length > 0) this.#writeEpoch(judged);
    for (const [place, events] of watched.entries()) this.#watchers[place]?.forget(events.length);
    return this.#findings.length === 0;
  }

  async #watchedUpTo(barrier: string): Promise<SeenEvent[][] | undefined> {
    const beganMs = performance.now();
    while (performance.now() - beganMs < recoveryMsMax) {
      const ends = this.#watchers.map(({ events }) =>
        events.findLastIndex(({ key, value }) => key === `${root}barrier` && value === barrier),
      );
      if (ends.every((end) => end >= 0))
        return this.#watchers.map(({ events }, place) => events.slice(0, (ends[place] as number) + 1));
      await delay(lookMs);
    }
    for (const [place, { events, failure }] of this.#watchers.entries()) {
      const how = failure === undefined ? `has heard of ${events.length} changes` : `ended: ${failure}`;
      this.#findings.push(`the watcher of node ${place + 1} has not seen the barrier; it ${how}`);
    }
    return undefined;
  }

  #writeEpoch({ registers, lists, watched }: Epoch): void {
    const { directory } = this.#options;
    mkdirSync(directory, { recursive: true });
    const write = (name: string, events: readonly HistoryEvent[]): void =>
      writeFileSync(join(directory, name), serializeHistory(events));
    write('registers.jsonl', registers.events);
    write('lists.jsonl', lists.events);
    for (const [place, events] of watched.entries())
      writeFileSync(join(directory, `watcher-${place + 1}.jsonl`), lines(events));
    writeFileSync(join(directory, 'writes.jsonl'), lines([...this.#ledger.entries()]));
  }

  #writeFaults(): void {
    const { directory } = this.#options;
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'faults.jsonl'), lines(this.#tormentor.notes));
    writeFileSync(join(directory, 'findings.txt'), this.#findings.map((finding) => `${finding}\n`).join(''));
  }
}

function lines(documents: readonly object[]): string {
  return documents.map((document) => `${JSON.stringify(document)}\n`).join('');
}

/**
 * Asks one member each period whether it is there. A probe has steps: the question, once more in the middle of the
 * time for a direct answer, then again together with the request to some others to ask it on their ways, three times
 * more while those do, and at the end of the period the verdict. Repeating costs nothing while all is well, and of a
 * lossy network it takes the loss out of nearly all verdicts, each of which would be told to everybody, and its
 * contradiction too; the others are for what repeating cannot help, a path that is broken only from here.
 */
import { assert } from '../base/index.ts';
import type { Beliefs } from './beliefs.ts';
import { isLive } from './member.ts';
import type { Answer, Moment } from './output.ts';
import type { PacketBody } from './packet.ts';
import type { Believed } from './roster.ts';
import type { Workings } from './workings.ts';

/** Of a question that is asked for its own sake: its answer is not waited for. */
export const unawaited = 0;

/** Questions to the member itself while others ask it. */
const repeatsMax = 3;

interface Question extends Moment {
  readonly sequence: number;
}

interface Probe {
  readonly id: string;
  readonly incarnation: number;
  readonly questions: Question[];
  /** Who was asked to ask it. */
  asked: readonly string[];
  nacks: number;
  stage: 'once' | 'twice' | 'asked';
  /** Questions that were put while others ask as well, and how far apart: as it was when those were asked. */
  repeats: number;
  repeatMs: number;
  /** When the next stage begins, or the probe is over. */
  nextMs: number;
}

export interface FailedProbe {
  readonly id: string;
  /** What it was when the question went out: who has contradicted since is not suspected again. */
  readonly incarnation: number;
}

export class Prober {
  readonly #workings: Workings;
  readonly #beliefs: Beliefs;
  #probe: Probe | undefined;
  #startMs: number;
  #sequence: number;

  constructor(
    workings: Workings,
    beliefs: Beliefs,
    { startMs, sequence }: { startMs: number; sequence: number },
  ) {
    this.#workings = workings;
    this.#beliefs = beliefs;
    this.#startMs = startMs;
    this.#sequence = sequence;
  }

  get nextMs(): number {
    return this.#probe?.nextMs ?? this.#startMs;
  }

  /** For every question that is answered, so that answers are told apart. */
  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  /** The probe that has just failed, if one has. */
  tick(moment: Moment): FailedProbe | undefined {
    const failed = this.#advance(moment);
    if (this.#probe === undefined && moment.nowMs >= this.#startMs) this.#start(moment);
    return failed;
  }

  /** True when it was waited for. `sender`: who answered, the member itself or one that was asked. */
  ack(sender: string, { sequence, heardMs }: PacketBody & { readonly kind: 'ack' }, moment: Moment): boolean {
    const probe = this.#probe;
    const question = probe?.questions.find((one) => one.sequence === sequence);
    if (probe === undefined || question === undefined) return false;
    const isDirect = sender === probe.id;
    if (!isDirect && !probe.asked.includes(sender)) return false;
    if (isDirect) this.#workings.outbox.answered(answerOf(probe.id, question, heardMs, moment));
    this.#workings.health.better();
    this.#probe = undefined;
    return true;
  }

  /** True when it was waited for. */
  nack(sender: string, sequence: number): boolean {
    const probe = this.#probe;
    if (!probe?.asked.includes(sender)) return false;
    if (!probe.questions.some((question) => question.sequence === sequence)) return false;
    probe.nacks += 1;
    return true;
  }

  stalled(ms: number): void {
    this.#startMs += ms;
    if (this.#probe !== undefined) this.#probe.nextMs += ms;
  }

  #start(moment: Moment): void {
    const { roster, settings, health } = this.#workings;
    this.#startMs = moment.nowMs + settings.probePeriodMs * health.factor;
    const id = roster.order.next();
    if (id === undefined) return;
    const member = roster.members.get(id) as Believed;
    this.#probe = {
      id,
      incarnation: member.incarnation,
      questions: [],
      asked: [],
      nacks: 0,
      stage: 'once',
      repeats: 0,
      repeatMs: 0,
      nextMs: moment.nowMs + (settings.probeTimeoutMs * health.factor) / 2,
    };
    this.#question(this.#probe, member, moment);
  }

  #advance(moment: Moment): FailedProbe | undefined {
    const probe = this.#probe;
    if (probe === undefined || moment.nowMs < probe.nextMs) return undefined;
    const { roster, settings, health } = this.#workings;
    const member = roster.members.get(probe.id);
    if (member === undefined || !isLive(member.status)) {
      this.#probe = undefined;
      return undefined;
    }
    switch (probe.stage) {
      // From now on, not from when it was due: a tick that comes late is no answer that comes late.
      case 'once':
        probe.stage = 'twice';
        probe.nextMs = moment.nowMs + (settings.probeTimeoutMs * health.factor) / 2;
        this.#question(probe, member, moment);
        return undefined;
      case 'twice':
        probe.stage = 'asked';
        // The last question has as long to be answered as those before it.
        probe.repeatMs =
          ((settings.probePeriodMs - settings.probeTimeoutMs) * health.factor) / (repeatsMax + 1);
        probe.nextMs = moment.nowMs + probe.repeatMs;
        this.#question(probe, member, moment);
        this.#askOthers(probe, member);
        return undefined;
      case 'asked':
        if (probe.repeats >= repeatsMax) return this.#fail(probe);
        probe.repeats += 1;
        probe.nextMs = moment.nowMs + probe.repeatMs;
        this.#question(probe, member, moment);
        return undefined;
    }
  }

  /** Others that did not even say that they had no answer tell of trouble here; so does having nobody to ask. */
  #fail({ id, incarnation, asked, nacks }: Probe): FailedProbe {
    this.#probe = undefined;
    this.#workings.health.worse(asked.length === 0 ? 1 : Math.max(0, asked.length - nacks));
    return { id, incarnation };
  }

  #question(probe: Probe, { id, address }: Believed, moment: Moment): void {
    const sequence = this.nextSequence();
    probe.questions.push({ sequence, nowMs: moment.nowMs, wallMs: moment.wallMs });
    const body: PacketBody = { kind: 'ping', sequence, target: id };
    this.#workings.outbox.datagram(address, body, this.#beliefs.tidings(id));
  }

  #askOthers(probe: Probe, { id, address }: Believed): void {
    const { roster, settings, outbox } = this.#workings;
    const last = probe.questions.at(-1);
    assert(last !== undefined, 'others are asked after the member itself');
    probe.asked = roster.order.sample(settings.indirectProbes, id);
    const body: PacketBody = { kind: 'ask', sequence: last.sequence, target: id, targetAddress: address };
    for (const other of probe.asked) {
      const { address: to } = roster.members.get(other) as Believed;
      outbox.datagram(to, body, this.#beliefs.tidings(other));
    }
  }
}

function answerOf(id: string, question: Question, heardMs: number, moment: Moment): Answer {
  return {
    id,
    roundTripMs: moment.nowMs - question.nowMs,
    clock: {
      sentMs: question.wallMs,
      heardMs,
      // The answer leaves in the step in which the question comes.
      answeredMs: heardMs,
      receivedMs: moment.wallMs,
    },
  };
}

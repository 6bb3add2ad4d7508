/**
 * When a member's status changes, as a table: what one sees of it, in which status, and what that moves. One long
 * silence makes nobody suspect, and one heartbeat nobody healthy again; a member goes down one step at a time, and only
 * after several judgings in a row that say so.
 */
import type { MemberStatus } from './failure-detector.ts';

/** What is seen: the outcome of a judging, a heartbeat, or a goodbye. */
export type Sign = 'calm' | 'suspicious' | 'bad' | 'heartbeat' | 'goodbye';

/**
 * - `stay`: nothing moves.
 * - `forgive`: the strikes are forgotten.
 * - `doubt`: strikes and credits are forgotten.
 * - `strike`: one more strike, and no credits; with enough of them the status gets worse by one step.
 * - `credit`: one more credit, and no strikes; with enough of them the member is healthy.
 * - `meet`: it is heard of for the first time, and healthy.
 * - `part`: it has left.
 */
type Move = 'stay' | 'forgive' | 'doubt' | 'strike' | 'credit' | 'meet' | 'part';

const judgedAs = (calm: Move, suspicious: Move, bad: Move) => ({ calm, suspicious, bad });

const moves: Readonly<Record<MemberStatus, Readonly<Record<Sign, Move>>>> = {
  UNKNOWN: { ...judgedAs('stay', 'stay', 'stay'), heartbeat: 'meet', goodbye: 'part' },
  HEALTHY: { ...judgedAs('forgive', 'strike', 'strike'), heartbeat: 'forgive', goodbye: 'part' },
  SUSPECT: { ...judgedAs('forgive', 'doubt', 'strike'), heartbeat: 'credit', goodbye: 'part' },
  UNHEALTHY: { ...judgedAs('stay', 'doubt', 'doubt'), heartbeat: 'credit', goodbye: 'part' },
  LEFT: { ...judgedAs('stay', 'stay', 'stay'), heartbeat: 'stay', goodbye: 'stay' },
};

/** What a member has gathered so far. */
export interface Standing {
  status: MemberStatus;
  strikes: number;
  credits: number;
}

export interface StrikeSettings {
  /** Judgings in a row that make a status worse by one step. */
  readonly strikes: number;
  /** Heartbeats without a suspicious silence between them that make a member healthy again. */
  readonly credits: number;
}

/** Carries out what the table says. It changes `standing` in place, as everybody is judged at every beat. */
export function moveBy(standing: Standing, sign: Sign, { strikes, credits }: StrikeSettings): void {
  switch (moves[standing.status][sign]) {
    case 'stay':
      return;
    case 'forgive':
      standing.strikes = 0;
      return;
    case 'doubt':
      standing.strikes = 0;
      standing.credits = 0;
      return;
    case 'strike':
      standing.strikes += 1;
      standing.credits = 0;
      if (standing.strikes >= strikes)
        become(standing, standing.status === 'HEALTHY' ? 'SUSPECT' : 'UNHEALTHY');
      return;
    case 'credit':
      standing.strikes = 0;
      standing.credits += 1;
      if (standing.credits >= credits) become(standing, 'HEALTHY');
      return;
    case 'meet':
      become(standing, 'HEALTHY');
      return;
    case 'part':
      become(standing, 'LEFT');
  }
}

function become(standing: Standing, status: MemberStatus): void {
  standing.status = status;
  standing.strikes = 0;
  standing.credits = 0;
}

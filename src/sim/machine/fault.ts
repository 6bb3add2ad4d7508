/**
 * Everything that can be done to a simulated world, as data: a planner draws it, a run applies it, a report
 * prints it, a minimiser leaves it out. A fault that lasts says for how long itself, so that leaving one out
 * never leaves its end behind.
 */
import type { CrashMode, DiskMishap } from './disk/index.ts';

interface Lasting {
  /** How long it lasts, in milliseconds of true time. Absent: until it is reverted. */
  readonly forMs?: number;
}

interface OnMachine {
  readonly machine: string;
}

interface OnLinks extends Lasting {
  /** Machines' names: every link from one of these to one of those, one way. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** The power goes, and comes back after `forMs`. `wipe`: with an empty disk. */
export interface CrashFault extends OnMachine, Lasting {
  readonly kind: 'crash';
  readonly unsynced: CrashMode;
  readonly wipe?: boolean;
}

/** SIGKILL to the machine's processes; its program starts again after `forMs`. */
export interface KillFault extends OnMachine, Lasting {
  readonly kind: 'kill';
}

export type ProcessFault =
  | CrashFault
  | KillFault
  /** Strikes at the so-many-th operation or turn of a process that runs now, in the middle of it. */
  | (OnMachine & {
      readonly kind: 'at-point';
      readonly points: number;
      readonly fault: CrashFault | KillFault;
    })
  /** SIGSTOP: time passes, connections live, peers see silence. */
  | (OnMachine & Lasting & { readonly kind: 'pause' })
  /** The event loop is blocked, and its delay will tell. */
  | (OnMachine & Lasting & { readonly kind: 'stall' })
  /** A virtual machine that is suspended: a pause during which its clocks stand still, too. */
  | (OnMachine & Lasting & { readonly kind: 'suspend' });

export type NetworkFault =
  | (OnLinks & { readonly kind: 'cut' })
  | (OnLinks & { readonly kind: 'slow-links'; readonly factor: number; readonly addedMs: number })
  | (OnLinks & { readonly kind: 'lossy-links'; readonly chance: number })
  | (OnLinks & { readonly kind: 'narrow-links'; readonly bytesPerMs: number })
  /** Machines of different sides cannot reach each other. One on no side is a bridge: it reaches all. */
  | (Lasting & { readonly kind: 'partition'; readonly sides: readonly (readonly string[])[] })
  /** The machine reaches nobody, and nobody it. */
  | (OnMachine & Lasting & { readonly kind: 'isolate' })
  /** All connections between the two are reset. */
  | (OnMachine & { readonly kind: 'reset'; readonly peer: string })
  /** The machine loses its connections with the peer, which hears nothing of it. */
  | (OnMachine & { readonly kind: 'half-open'; readonly peer: string });

export type ClockFault =
  /** The wall clock jumps. */
  | (OnMachine & { readonly kind: 'clock-jump'; readonly byMs: number })
  /** Both clocks run faster by so many parts per million; slower when negative. */
  | (OnMachine & Lasting & { readonly kind: 'clock-drift'; readonly ppm: number })
  /** Both clocks stand still, and go on from there. */
  | (OnMachine & Lasting & { readonly kind: 'clock-freeze' });

export type DiskFault =
  /** Strikes the next `times` operations that it fits, on files whose path contains `path`. */
  | (OnMachine &
      Lasting & {
        readonly kind: 'disk-mishap';
        readonly mishap: DiskMishap;
        readonly times: number;
        readonly path?: string;
        /** A lie about a write stands only when a later write to the same file shows it. */
        readonly provable?: boolean;
      })
  | (OnMachine & Lasting & { readonly kind: 'disk-slow'; readonly factor: number })
  /** Operations begin and do not end. */
  | (OnMachine & Lasting & { readonly kind: 'disk-hang' })
  /** No more than so many bytes are free from now on. */
  | (OnMachine & Lasting & { readonly kind: 'disk-full'; readonly freeBytes: number })
  /** One bit of what lies on the medium flips. */
  | (OnMachine & {
      readonly kind: 'disk-rot';
      readonly path: string;
      readonly position: number;
      readonly bit: number;
    })
  /** Sectors that cannot be read until they are written. */
  | (OnMachine & {
      readonly kind: 'disk-unreadable';
      readonly path: string;
      readonly position: number;
      readonly length: number;
    })
  | DiskDecayFault;

/**
 * Something decays that lies on the medium at rest, in some file whose path contains `path`: a bit flips, or
 * sectors cannot be read any more. `pick` decides where, among what is there when it strikes.
 */
interface DiskDecayFault extends OnMachine {
  readonly kind: 'disk-decay';
  readonly how: 'rot' | 'unreadable';
  readonly path: string;
  readonly pick: number;
}

export type Fault = ProcessFault | NetworkFault | ClockFault | DiskFault;

export type FaultKind = Fault['kind'];

/** One line for a person: `crash machine=b unsynced=random forMs=500`. `JSON.stringify` gives one for a program. */
export function describeFault(fault: Fault): string {
  const { kind, ...rest } = fault;
  const parts = Object.entries(rest).map(([name, value]) => `${name}=${shown(value)}`);
  return [kind, ...parts].join(' ');
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(shown).join(' ')}]`;
  return typeof value === 'object' && value !== null ? `(${describeFault(value as Fault)})` : String(value);
}

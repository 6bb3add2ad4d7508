/** What the runner does to a cluster, as data: a schedule is a list of these, and can be written down and done again. */

/** A place, or whoever leads when the fault strikes. */
export type Victim = number | 'leader';

export type Fault =
  | { readonly kind: 'kill'; readonly victim: Victim }
  | { readonly kind: 'kill-all' }
  | { readonly kind: 'pause'; readonly victim: Victim }
  /** Nobody reaches it, it reaches nobody; clients do. */
  | { readonly kind: 'isolate'; readonly victim: Victim }
  /** What it says does not arrive, or what is said to it. */
  | { readonly kind: 'one-way'; readonly victim: Victim; readonly deaf: boolean }
  /** Two nodes do not reach each other. */
  | { readonly kind: 'cut'; readonly between: readonly [number, number] }
  /** One node reaches all others, which do not reach each other. */
  | { readonly kind: 'bridge'; readonly over: number }
  | { readonly kind: 'delay'; readonly victim: Victim; readonly ms: number }
  | { readonly kind: 'narrow'; readonly victim: Victim; readonly bytesPerSecond: number }
  /** Its connections take everything and deliver nothing. */
  | { readonly kind: 'half-open'; readonly victim: Victim }
  | { readonly kind: 'reset'; readonly victim: Victim }
  /** The same for clients alone. */
  | { readonly kind: 'clients-cut'; readonly victim: Victim }
  | { readonly kind: 'clients-half-open'; readonly victim: Victim }
  | { readonly kind: 'clients-reset'; readonly victim: Victim }
  /** Only on the node whose directory lies on a small file system. */
  | { readonly kind: 'disk-full' };

export type FaultKind = Fault['kind'];

export const faultKinds: readonly FaultKind[] = [
  'kill',
  'kill-all',
  'pause',
  'isolate',
  'one-way',
  'cut',
  'bridge',
  'delay',
  'narrow',
  'half-open',
  'reset',
  'clients-cut',
  'clients-half-open',
  'clients-reset',
  'disk-full',
];

export interface PlannedFault {
  /** Counted from the beginning of its epoch. */
  readonly atMs: number;
  /** It ends by itself after this; a reset ends at once. */
  readonly forMs: number;
  readonly fault: Fault;
}

export function describeFault(fault: Fault): string {
  const { kind, ...more } = fault;
  const words = Object.entries(more).map(([name, value]) => `${name} ${String(value)}`);
  return [kind, ...words].join(' ');
}

/** Calls at a steady rate, whatever becomes of those before them, and what is seen of them second by second. */
import { setTimeout as delay } from 'node:timers/promises';

/** Happens before the call of this number is made. */
export interface Incident {
  readonly atCall: number;
  readonly name: string;
  readonly happen: () => void;
}

/** Of the calls that began in this second. */
export interface Second {
  readonly phase: string;
  failed: number;
  readonly latenciesMs: number[];
}

export interface Course {
  readonly seconds: readonly Second[];
  readonly errors: ReadonlyMap<string, number>;
}

export interface CourseTerms {
  readonly call: () => Promise<void>;
  readonly calls: number;
  readonly perSecond: number;
  readonly incidents: readonly Incident[];
}

export async function drive({ call, calls, perSecond, incidents }: CourseTerms): Promise<Course> {
  const seconds: Second[] = [];
  const errors = new Map<string, number>();
  const open = new Set<Promise<void>>();
  let phase = 'all well';
  const startMs = performance.now();
  for (let number = 0; number < calls; number += 1) {
    const earlyMs = startMs + (number * 1_000) / perSecond - performance.now();
    if (earlyMs > 0) await delay(earlyMs);
    for (const { happen, name } of incidents.filter(({ atCall }) => atCall === number)) {
      phase = name;
      happen();
    }
    const place = Math.floor(number / perSecond);
    const second = seconds[place] ?? { phase, failed: 0, latenciesMs: [] };
    seconds[place] = second;
    const one = made(call, second, errors).finally(() => open.delete(one));
    open.add(one);
  }
  await Promise.all(open);
  return { seconds, errors };
}

async function made(call: () => Promise<void>, second: Second, errors: Map<string, number>): Promise<void> {
  const begunMs = performance.now();
  try {
    await call();
  } catch (error) {
    second.failed += 1;
    const name = nameOf(error);
    errors.set(name, (errors.get(name) ?? 0) + 1);
  }
  second.latenciesMs.push(performance.now() - begunMs);
}

/** What told it in the end: the cause of what `fetch` throws. */
function nameOf(error: unknown): string {
  const { cause = error } = error as { readonly cause?: unknown };
  const { code, name } = cause as { readonly code?: unknown; readonly name?: unknown };
  return String(typeof code === 'string' ? code : (name ?? cause));
}

export function quantile(latenciesMs: readonly number[], share: number): number {
  const sorted = latenciesMs.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

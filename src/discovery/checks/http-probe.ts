/** Looks by HTTP: at the status, and where it is asked for at the beginning of the body. */
import type { HttpSettings } from './check-settings.ts';
import { type Observation, type Probe, seen } from './observation.ts';

type Fetch = typeof globalThis.fetch;

export function httpProbe(settings: HttpSettings, fetch: Fetch): Probe {
  return async (signal) => {
    const { url, method, headers } = settings;
    const response = await fetch(url, { method, headers: { ...headers }, redirect: 'manual', signal });
    const byStatus = statusSeen(settings, response.status);
    if (settings.body === undefined || byStatus.status === 'critical') {
      await discard(response);
      return byStatus;
    }
    const text = await beginningOf(response, settings.bodyBytesMax);
    if (matches(settings.body, text)) return byStatus;
    const wanted = JSON.stringify(String(settings.body));
    return seen('critical', `HTTP ${response.status}, but the body lacks ${wanted}: ${text.slice(0, 100)}`);
  };
}

function statusSeen({ passing, warning }: HttpSettings, status: number): Observation {
  const isIn = ([least, most]: readonly [number, number]): boolean => status >= least && status <= most;
  if (passing.some(isIn)) return seen('passing', `HTTP ${status}`);
  return seen(warning.some(isIn) ? 'warning' : 'critical', `HTTP ${status}`);
}

/** An expression with a memory of its own would pass every second time. */
function matches(wanted: string | RegExp, text: string): boolean {
  return typeof wanted === 'string' ? text.includes(wanted) : text.search(wanted) !== -1;
}

/** Frees the connection; that it cannot be freed any more is no sight. */
async function discard({ body }: Response): Promise<void> {
  await body?.cancel().catch(() => undefined);
}

async function beginningOf({ body }: Response, bytesMax: number): Promise<string> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let room = bytesMax;
  const reader = body.getReader();
  try {
    while (room > 0) {
      const { done, value } = await reader.read();
      if (done) break;
      const bytes = (value as Uint8Array).subarray(0, room);
      room -= bytes.length;
      text += decoder.decode(bytes, { stream: true });
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return text;
}

/** The demonstration with real sockets: the upstream is a process of its own, asked over HTTP on loopback. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { realClock } from '../../../src/ports/real/index.ts';
import { type Course, drive } from './driver.ts';
import type { Way } from './ways.ts';

export async function overSockets(way: Way): Promise<Course> {
  const child = fork(join(import.meta.dirname, 'service-program.ts'));
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return await through(child, `http://127.0.0.1:${port}/`, way);
  } finally {
    child.disconnect();
    await once(child, 'exit');
  }
}

async function through(child: ChildProcess, url: string, way: Way): Promise<Course> {
  const clock = realClock();
  // Counted here, as requests that were sent: what the other process counts arrives too late for a second's sum.
  let sent = 0;
  const send = async (signal: AbortSignal): Promise<string> => {
    sent += 1;
    const response = await fetch(url, { signal });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  };
  return drive({ clock, enter: (phase) => child.send(phase), received: () => sent }, way.make(send, clock));
}

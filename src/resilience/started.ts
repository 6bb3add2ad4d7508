/**
 * A task, started, for those who do not simply wait for it. One that throws has rejected. What is a promise already
 * stays the same one: an `async` function around it costs two more, and holds the task for as long as it waits.
 */
import type { Call, Task } from './call.ts';

export function started<T>(task: Task<T>, call: Call): Promise<T> {
  try {
    const work = task(call);
    return work instanceof Promise ? work : Promise.resolve(work);
  } catch (error) {
    return Promise.reject(error);
  }
}

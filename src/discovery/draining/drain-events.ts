/** How a service drains, for whoever in the process wants to hear: `quorate:discovery:drain` of `node:diagnostics_channel`. */
import { channel } from 'node:diagnostics_channel';
import type { EndingSignal } from '../../ports/index.ts';
import type { DrainStepReport } from './drain-order.ts';

export type DrainEvent =
  | { readonly type: 'began'; readonly signal: EndingSignal | undefined }
  | { readonly type: 'step'; readonly report: DrainStepReport };

const events = channel('quorate:discovery:drain');

export function tellDrain(make: () => DrainEvent): void {
  if (events.hasSubscribers) events.publish(make());
}

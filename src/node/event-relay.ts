/** Where what happens in a group is told: to who watches the node, to its figures, its channels and its log. */
import type { GroupId, RaftEvent } from '../raft/index.ts';
import { publishRaftEvent } from './channels.ts';
import type { NodeCounters } from './node-counters.ts';
import type { NodeOptions } from './options.ts';

export function relayEvent(
  { machine: { log }, identity, observer }: NodeOptions,
  counters: NodeCounters,
  group: GroupId,
  event: RaftEvent,
): void {
  observer?.event(group, event);
  counters.noticed(event);
  publishRaftEvent(identity, group, event);
  if (event.kind === 'member-lost-data') log.error('member lost data', { group, ...event });
  else log.debug(event.kind, { group, ...event });
}

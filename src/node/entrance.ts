/** What stands behind a node's port: the door, and behind it whoever answers clients. */
import type { Connection } from '../ports/index.ts';
import type { GroupId, MemberId, Message } from '../raft/index.ts';
import { Backups } from './backups.ts';
import { ClientService } from './client-service.ts';
import { FrontDoor } from './front-door.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import type { GroupHost } from './group-host.ts';
import { LoadGuard } from './load-guard.ts';
import type { Membership } from './membership.ts';
import type { NodeCounters } from './node-counters.ts';
import { NodeLevels } from './node-levels.ts';
import type { NodeOptions } from './options.ts';
import { type Answering, answerQuestion } from './questions.ts';
import type { SnapshotIntake } from './snapshot-intake.ts';
import type { TransportSecurity } from './transport-security.ts';

export interface EntranceOptions {
  readonly node: NodeOptions;
  readonly security: TransportSecurity;
  readonly counters: NodeCounters;
  readonly membership: Membership;
  readonly gate: Gatekeeper;
  /** Throws where the node hosts no such group. */
  readonly host: (group: GroupId) => GroupHost;
  readonly hosts: () => Iterable<GroupHost>;
  readonly status: () => Uint8Array;
  readonly receive: (message: Message) => void;
  readonly intake: (connection: Connection, from: MemberId) => SnapshotIntake;
  readonly onPeerLost: (member: MemberId) => void;
}

export interface Entrance {
  readonly clients: ClientService;
  readonly door: FrontDoor;
  readonly guard: LoadGuard;
}

const waitMsMaxDefault = 1_000;

/** Nobody comes in before the door listens. */
export function makeEntrance(options: EntranceOptions): Entrance {
  const { node, security, counters, membership, gate, host, hosts, status, receive, intake, onPeerLost } =
    options;
  const { clock, log } = node.machine;
  const backups = new Backups({ node, gate, host });
  const { tickMs = 10, uncommittedBytesMax = 64 << 20 } = node.raft ?? {};
  const guard = new LoadGuard({
    clock,
    tickMs,
    waitMsMax: node.waitMsMax ?? waitMsMaxDefault,
    // The rest is for what keeps leases alive.
    bytesMax: (uncommittedBytesMax / 4) * 3,
  });
  const answering: Answering = { gate, guard, host, membership, backups, status };
  const clients = new ClientService({
    clock,
    log,
    checksum: node.checksum,
    counters,
    isNobody: (caller) => gate.isNobody(caller),
    serve: (request, waiter, caller) => answerQuestion(answering, request, waiter, caller),
    explain: (error) => membership.explain(error),
    gone: (caller) => backups.gone(caller),
    watch: ({ group, body }, subscriber, caller) =>
      host(group).subscribe(gate.admit(caller, body), subscriber),
  });
  const door = new FrontDoor({
    node,
    security,
    clients,
    receive,
    intake,
    onPeerLost,
    levels: new NodeLevels({ node, hosts }),
    heard: (member, address) => membership.heard(member, address),
  });
  return { clients, door, guard };
}

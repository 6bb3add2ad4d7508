/** What the table of what was covered calls the events of members. */
import type { RaftEvent, RoleName } from '../../raft/index.ts';

/** Absent for those that tell nothing by their number. */
export function eventName(event: RaftEvent): string | undefined {
  switch (event.kind) {
    case 'role-changed':
      return roleNames[event.role];
    case 'configuration-changed':
      return 'configurations taken up';
    case 'log-truncated':
      return 'logs truncated';
    case 'damaged':
      return event.damage === 'vote' ? 'members damaged, perhaps by a vote' : 'members damaged';
    case 'repaired':
      return 'members repaired by their peers';
    case 'made-whole':
      return 'members whole again';
    case 'member-lost-data':
      return 'members seen to have lost data';
    case 'leader-changed':
      return event.leader === 0 ? 'leaders lost from sight' : undefined;
  }
}

const roleNames: Readonly<Record<RoleName, string | undefined>> = {
  'pre-candidate': 'elections considered',
  candidate: 'elections begun',
  leader: 'elections won',
  follower: undefined,
};

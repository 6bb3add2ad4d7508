/** Messages and events of members as short lines for the story of a run. */
import type { Message, RaftEvent } from '../../raft/index.ts';

export function describeMessage(message: Message): string {
  return `says to n${message.to} in term ${message.term}: ${content(message)}`;
}

export function describeEvent(event: RaftEvent): string {
  switch (event.kind) {
    case 'role-changed':
      return `becomes ${event.role} in term ${event.term}, because it ${event.reason}`;
    case 'leader-changed':
      return event.leader === 0
        ? 'knows no leader any more'
        : `follows n${event.leader} in term ${event.term}`;
    case 'configuration-changed': {
      const { voters, outgoing, learners } = event.configuration;
      return `takes up the configuration at ${event.index}: voters ${voters}, outgoing ${outgoing}, learners ${learners}`;
    }
    case 'log-truncated':
      return `cuts its log after ${event.after}`;
    case 'damaged':
      return `begins with a disk that has lost ${event.damage === 'vote' ? 'perhaps a vote' : 'entries'}`;
    case 'repaired':
      return `holds everything again, up to ${event.through}`;
    case 'made-whole':
      return 'is whole again and votes';
    case 'member-lost-data':
      return `sees that n${event.member} lost data that it had acknowledged up to ${event.match}`;
  }
}

function content(message: Message): string {
  switch (message.kind) {
    case 'vote-request':
      return `${message.preVote ? 'would you vote' : 'vote'} for me; my log ends at ${message.last.index} of term ${message.last.term}`;
    case 'vote-reply':
      return `${message.preVote ? 'would vote' : 'vote'} ${message.granted ? 'yes' : 'no'}`;
    case 'append':
      return `append ${message.entries.length} behind ${message.previous.index} of term ${message.previous.term}, commit ${message.commit}`;
    case 'append-accepted':
      return `holds everything up to ${message.match}`;
    case 'append-rejected':
      return `has nothing equal at ${message.rejected}, maybe at ${message.hint.index} of term ${message.hint.term}`;
    case 'heartbeat':
      return `heartbeat ${message.round}, commit ${message.commit}${message.quiesceAt === undefined ? '' : ', now be silent'}`;
    case 'heartbeat-reply':
      return `answers heartbeat ${message.round}`;
    case 'install-snapshot':
      return `install the snapshot at ${message.mark.index} of term ${message.mark.term}`;
    case 'transfer-now':
      return 'lead from now on';
    case 'read-request':
      return `where may I read? ${message.context}`;
    case 'read-reply':
      return `read ${message.context} at ${message.index}`;
    case 'repair-request':
      return `what must I hold to be whole? ${message.context}`;
    case 'repair-reply':
      return `be whole ${message.context} at ${message.index}`;
  }
}

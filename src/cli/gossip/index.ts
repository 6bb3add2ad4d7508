/** What verbs do with gossip: keys as they are given, members as they are shown, and a look at who gossips. */
export { type GossipKeys, gossipKeysHelp, gossipKeysIn, gossipKeysOf } from './gossip-keys.ts';
export { listMembers } from './listing.ts';
export { memberDocument } from './member-text.ts';
export { watchMembers } from './watching.ts';

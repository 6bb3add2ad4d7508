/** What verbs share that gossip: the keys as they are given. */
export { type GossipKeys, gossipKeysHelp, gossipKeysIn, gossipKeysOf } from './gossip-keys.ts';

/** What the verb `serve` runs: a node with all that belongs to its process, and the life that these share. */
export { gossipHelp, gossipOptions, gossipPlanOf } from './gossip-options.ts';
export { ServedNode, type ServedNodeOptions } from './served-node.ts';

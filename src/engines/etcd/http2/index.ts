/** gRPC calls on Node's HTTP/2: all of the etcd engine that touches the machine. */
export { CallFailure } from './call-failure.ts';
export { Channel, type ChannelOptions, type UnaryRequest } from './channel.ts';
export type { StreamCall, StreamHandler } from './stream-call.ts';

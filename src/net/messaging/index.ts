/**
 * Messages between programs, published as `quorate/net`: requests and answers with deadlines, messages that nobody
 * answers, streams with flow control, publications, over few pipelined connections that are made again when they
 * break. The protocol is a state machine without I/O; whoever owns connection and timers stands around it.
 */

export type { Duration } from '../../base/index.ts';
export { isQuorateError, QuorateError } from '../../base/index.ts';
export type { Address } from '../../ports/index.ts';
export type { MessageStream } from './message-stream.ts';
export type { MessagingTls } from './messaging-tls.ts';
export { type MessagingMachine, Messenger, type MessengerOptions } from './messenger.ts';
export { type OpenMessengerOptions, openMessenger } from './open-messenger.ts';
export type { CallOptions, Peer, SubscribeOptions } from './peer.ts';
export type { Caller, MessageHandler, RequestContext, RequestHandler, StreamHandler } from './services.ts';
export type { Subscription, SubscriptionBounds, SubscriptionItem } from './subscription.ts';
export type { MessagingTerms } from './terms.ts';

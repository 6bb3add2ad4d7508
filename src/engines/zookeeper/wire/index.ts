/** ZooKeeper's protocol as bytes and values: nothing here knows a connection, or what nodes are used for. */
export { errorName, errorNumbers } from './error-numbers.ts';
export { JuteFrameReader } from './frame-reader.ts';
export { JuteReader } from './jute-reader.ts';
export { JuteWriter } from './jute-writer.ts';
export {
  type ConnectReply,
  decodeConnectReply,
  decodeNodeState,
  decodeNotification,
  decodeReplyHeader,
  encodeConnectRequest,
  eventTypes,
  type NodeState,
  type Notification,
  noSession,
  type ReplyHeader,
  xids,
} from './records.ts';
export {
  type AccessRule,
  anyVersion,
  type Children,
  childrenRequest,
  closeRequest,
  createRequest,
  dataRequest,
  ephemeralsRequest,
  existsRequest,
  kinds,
  type NewNode,
  type NodeData,
  nodeKinds,
  type Step,
  type StepResult,
  syncRequest,
  type TransactionReply,
  transactionRequest,
  unwatchRequest,
  type WireRequest,
  watchRequest,
} from './requests.ts';

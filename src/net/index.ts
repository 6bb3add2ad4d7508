/** Bytes between nodes and clients: frames in a stream, the hello that opens it, requests and replies. */
export {
  type BackupBegun,
  type BackupRequest,
  decodeBackupBegun,
  decodeBackupRequest,
  encodeBackupBegun,
  encodeBackupRequest,
} from './backup-protocol.ts';
export {
  type BoundedAnswer,
  type BoundedQuery,
  decodeBoundedAnswer,
  decodeBoundedQuery,
  encodeBoundedAnswer,
  encodeBoundedQuery,
} from './bounded-read.ts';
export {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  type QuestionKind,
  type Reply,
  type Request,
  type RequestKind,
  requestOverheadBytes,
} from './client-protocol.ts';
export { connectionLost, connectUnanswered } from './connection-errors.ts';
export { farewell } from './farewell.ts';
export { type Checksum, FrameReader, framePayloadBytesMax, strangerError, writeFrame } from './frame.ts';
export { FrameBatch } from './frame-batch.ts';
export {
  decodeHello,
  encodeHello,
  type Hello,
  type HelloLevels,
  helloRefused,
  speaksAsMember,
} from './hello.ts';
export { LocalNetwork } from './local-network.ts';
export {
  checkMemberAddress,
  checkMemberName,
  decodeMemberList,
  decodeMemberRequest,
  decodeMemberResult,
  encodeMemberList,
  encodeMemberRequest,
  encodeMemberResult,
  type ListedMember,
  type MemberCard,
  type MemberList,
  type MemberPart,
  type MemberRequest,
  type MemberResult,
} from './member-protocol.ts';
export { decodeNodeFeatures, encodeNodeFeatures, type NodeFeatures } from './node-features.ts';
export { hashPassword, newPasswordHash, passwordCost } from './passwords.ts';
export { type ReconnectPauses, reconnectPauseMs } from './reconnect-pause.ts';
export { SecuredNetwork } from './secured-network.ts';

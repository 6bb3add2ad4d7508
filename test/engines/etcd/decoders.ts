/** The decoders of the etcd engine for the fuzzer. */
import {
  decodeAuthenticateAnswer,
  decodeLeaseAnswer,
  decodeRangeAnswer,
  decodeStatusAnswer,
  decodeTransactionAnswer,
  decodeWatchAnswer,
} from '../../../src/engines/etcd/answers.ts';
import { type ProtoWriter, protoMessage } from '../../../src/engines/etcd/protocol-buffers.ts';
import { byteRefusals, type Decoder } from '../../fuzz/decoder.ts';

export function writeHeader(writer: ProtoWriter): void {
  writer.number(1, 77);
  writer.number(2, 78);
  writer.number(3, 4_711);
  writer.number(4, 2);
}

export function writeItem(writer: ProtoWriter): void {
  writer.text(1, 'quorate/locks/lock-abc');
  writer.number(2, 41);
  writer.number(3, 42);
  writer.number(4, 1);
  writer.block(5, Uint8Array.of(1, 2, 3));
  writer.number(6, Number.MAX_SAFE_INTEGER);
}

function writeRangeAnswer(writer: ProtoWriter): void {
  writer.message(1, writeHeader);
  writer.message(2, writeItem);
  writer.message(2, writeItem);
  writer.number(4, 2);
}

const answers = {
  range: protoMessage(writeRangeAnswer),
  transaction: protoMessage((writer) => {
    writer.message(1, writeHeader);
    writer.flag(2, true);
    writer.message(3, (operation) => operation.message(1, writeRangeAnswer));
    writer.message(3, (operation) => operation.message(3, (deletion) => deletion.number(2, 1)));
  }),
  watch: protoMessage((writer) => {
    writer.message(1, writeHeader);
    writer.number(2, 3);
    writer.text(6, 'because');
    writer.message(11, (event) => event.message(2, writeItem));
    writer.message(11, (event) => {
      event.number(1, 1);
      event.message(2, writeItem);
    });
  }),
  lease: protoMessage((writer) => {
    writer.message(1, writeHeader);
    writer.number(2, 5);
    writer.number(3, 10);
  }),
  named: protoMessage((writer) => {
    writer.message(1, writeHeader);
    writer.text(2, '3.4.23');
  }),
};

function row(name: string, bytes: Uint8Array, decode: Decoder['decode']): Decoder {
  return {
    name: `engines/etcd/answers.ts ${name}`,
    valid: () => [bytes.slice()],
    decode,
    refusals: byteRefusals,
  };
}

export const etcdDecoders: readonly Decoder[] = [
  row('decodeRangeAnswer', answers.range, decodeRangeAnswer),
  row('decodeTransactionAnswer', answers.transaction, decodeTransactionAnswer),
  row('decodeWatchAnswer', answers.watch, decodeWatchAnswer),
  row('decodeLeaseAnswer', answers.lease, decodeLeaseAnswer),
  row('decodeStatusAnswer', answers.named, decodeStatusAnswer),
  row('decodeAuthenticateAnswer', answers.named, decodeAuthenticateAnswer),
];

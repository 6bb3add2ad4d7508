/**
 * Looks by gRPC's own health protocol. Each look has a connection of its own, so that it sees as well whether there is
 * still one to be had.
 */
import { CallFailure, Channel } from '../../engines/etcd/http2/index.ts';
import type { Clock } from '../../ports/index.ts';
import type { GrpcSettings } from './check-settings.ts';
import { decodeHealthResponse, encodeHealthRequest } from './grpc-health-message.ts';
import { type Observation, type Probe, seen } from './observation.ts';

const answerBytesMax = 4096;
/** gRPC's number for a name that it does not know. */
const notFoundStatus = 5;
const unimplementedStatus = 12;

export function grpcProbe(settings: GrpcSettings, clock: Clock): Probe {
  const { address, tls, service, metadata, timeoutMs } = settings;
  return async (signal) => {
    const channel = await Channel.connect(
      {
        address,
        clock,
        metadata,
        answerBytesMax,
        connectMsMax: timeoutMs,
        silenceMs: timeoutMs,
        answerMsMax: timeoutMs,
        ...(tls === undefined ? {} : { tls }),
      },
      signal,
    );
    try {
      const message = encodeHealthRequest(service);
      const answer = await channel.unary({
        path: '/grpc.health.v1.Health/Check',
        message,
        timeoutMs,
        signal,
      });
      const serving = decodeHealthResponse(answer);
      return seen(serving === 'SERVING' ? 'passing' : 'critical', serving);
    } catch (error) {
      return refusalSeen(error, service);
    } finally {
      channel.close();
    }
  };
}

function refusalSeen(error: unknown, service: string): Observation {
  if (!(error instanceof CallFailure) || error.kind !== 'status') throw error;
  if (error.status === notFoundStatus)
    return seen('critical', `it knows no service ${JSON.stringify(service)}`);
  if (error.status === unimplementedStatus)
    return seen(
      'critical',
      'it has no grpc.health.v1.Health; register that service there, or check it by tcp',
    );
  return seen('critical', `gRPC status ${error.status}: ${error.message}`);
}

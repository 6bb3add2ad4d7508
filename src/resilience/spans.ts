/**
 * A span around what passes, in the form of OpenTelemetry: the tracer is given, so nothing is loaded here and any that
 * has this form will do. Around a stack it is the call, inside of a retry it is one try, with the number in it.
 */
import { invalidOption, isQuorateError } from '../base/index.ts';
import type { Call, Task } from './call.ts';
import { Policy, type PolicyOptions } from './policy.ts';

/** As `Span` of `@opentelemetry/api`. */
export interface CallSpan {
  setAttribute(name: string, value: string | number | boolean): unknown;
  /** 2 is an error. */
  setStatus(status: { readonly code: 2; readonly message?: string }): unknown;
  recordException(error: Error): void;
  end(): void;
}

/** As `Tracer` of `@opentelemetry/api`. */
export interface CallTracer {
  startActiveSpan<Result>(name: string, body: (span: CallSpan) => Result): Result;
}

export interface SpanOptions extends PolicyOptions {
  readonly tracer: CallTracer;
}

const errorStatus = 2;

/** The span is called as the policy is: `name`, or `call`. */
export function spans(options: SpanOptions): SpanPolicy {
  return new SpanPolicy(options);
}

export class SpanPolicy extends Policy<'custom'> {
  readonly #tracer: CallTracer;

  constructor(options: SpanOptions) {
    super(['custom'], options.name ?? 'call', options.clock);
    if (typeof options.tracer?.startActiveSpan !== 'function') {
      throw invalidOption(
        'tracer',
        options.tracer,
        'a tracer as of @opentelemetry/api, with startActiveSpan',
      );
    }
    this.#tracer = options.tracer;
  }

  /** Rejects where the tracer throws. */
  override async run<T>(task: Task<T>, call: Call): Promise<T> {
    return await this.#tracer.startActiveSpan(this.name, async (span) => {
      span.setAttribute('quorate.attempt', call.attempt);
      span.setAttribute('quorate.idempotent', call.idempotent);
      try {
        return await task(call);
      } catch (error) {
        span.setAttribute('error.type', typeOf(error));
        if (error instanceof Error) span.recordException(error);
        span.setStatus({ code: errorStatus, ...(error instanceof Error && { message: error.message }) });
        throw error;
      } finally {
        span.end();
      }
    });
  }
}

/** By OpenTelemetry's convention a text of few values: our code, or the name of the class. */
function typeOf(error: unknown): string {
  if (isQuorateError(error)) return error.code;
  return error instanceof Error ? error.name : typeof error;
}

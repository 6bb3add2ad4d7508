/** The signals that this process gets. */
import type { EndingSignal, ProcessSignals } from '../index.ts';

export function realSignals(): ProcessSignals {
  return { listen };
}

function listen(signals: readonly EndingSignal[], heard: (signal: EndingSignal) => void): () => void {
  const listener = (signal: EndingSignal): void => heard(signal);
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}

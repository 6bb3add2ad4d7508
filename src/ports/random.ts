/** Randomness as a machine gives it: the system's generator in production, a seeded one in the simulator. */

export interface Random {
  /** A whole number in [0, 2³²), each as likely as the next. Cores are seeded from it. */
  uint32(): number;

  /** Overwrites `into` with random bytes; in production fit for identities and secrets. */
  fill(into: Uint8Array): void;
}

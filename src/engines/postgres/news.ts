/** What processes tell each other in notifications: that a directory has reached a number. */

export interface News {
  readonly directory: string;
  readonly last: number;
}

export function channelOf(schema: string): string {
  return `quorate_${schema}`;
}

export function payloadOf({ directory, last }: News): string {
  return `${last} ${directory}`;
}

/** Others may speak in this channel too. */
export function newsOf(payload: string): News | undefined {
  const [, digits, directory] = /^(\d{1,16}) (.+)$/s.exec(payload) ?? [];
  return digits === undefined || directory === undefined ? undefined : { directory, last: Number(digits) };
}

/** Questions to the HTTP door of a node. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly body: string;
}

export function askDoor(port: number, path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request({ port, host: '127.0.0.1', path, method }, (response) => {
      const { statusCode, headers } = response;
      text(response).then(
        (body) => resolve({ status: statusCode, type: headers['content-type'], body }),
        reject,
      );
    });
    asking.on('error', reject).end();
  });
}

export interface SaidReadiness {
  readonly ready: boolean;
  readonly state: string;
  readonly reasons: readonly string[];
}

/** What `/readyz` says as soon as the node is in this state. */
export async function readinessWhen(port: number, state: string): Promise<SaidReadiness> {
  while (true) {
    const said = JSON.parse((await askDoor(port, '/readyz')).body) as SaidReadiness;
    if (said.state === state) return said;
  }
}

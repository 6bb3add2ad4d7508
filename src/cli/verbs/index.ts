/** The verbs that the command knows, in the order in which its help shows them. */
import type { Verb } from '../verb.ts';
import { del } from './del.ts';
import { get } from './get.ts';
import { put } from './put.ts';
import { serve } from './serve.ts';
import { sim } from './sim.ts';
import { status } from './status.ts';
import { up } from './up.ts';

export const verbs: readonly Verb[] = [up, serve, status, put, get, del, sim];

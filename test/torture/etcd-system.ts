import type { System, SystemOptions } from './system.ts';
export const EtcdSystem = { start: (options: SystemOptions): Promise<System> => Promise.reject(new Error(String(options))) };

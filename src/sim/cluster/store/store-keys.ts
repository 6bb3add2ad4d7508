/** Keys of a run by what they are for, where those who judge must know it. */
export const counterPrefix = 'count/';
export const linePrefix = 'line/';

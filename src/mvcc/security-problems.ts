/** Why a change of users and roles is refused: numbers in the log, sentences for people. */

/** What a refused change of users and roles says was wrong, in the order of the wire, counted from 1. */
export const securityProblems = [
  'there is a user with this name',
  'there is no user with this name',
  'there is a role with this name',
  'there is no role with this name',
  'the role root is built in and cannot be changed',
  'no user with the role root has a password: nobody could get in, so make one first',
  'what was given for a password is no hash that nodes take',
  'there are as many users, roles or rights as there may be',
  'the right admin is for the store as a whole and takes no prefix',
] as const;

/** Their numbers. */
export const securityProblem = {
  userExists: 1,
  userMissing: 2,
  roleExists: 3,
  roleMissing: 4,
  rootFixed: 5,
  rootNeeded: 6,
  badPassword: 7,
  tooMany: 8,
  adminPrefix: 9,
} as const;

/** Pairing over HTTP, from both ends, and the account's very first device. */
export { type CreateAccountOptions, createAccount, type NewAccount } from './account-client.ts';
export { type Invite, type InviteOptions, invite, type RosterKeeper } from './invite.ts';
export { type JoinOptions, join } from './join.ts';

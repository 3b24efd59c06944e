import type { BridgeInfo } from '../protocol/records/bridge-records.ts';
import type { LogProblem } from '../protocol/ui/log-entry.ts';
import type { Roster } from '../protocol/wire/roster.ts';
import type { ApprovalChange } from '../protocol/wire/segment-header.ts';
import type { BridgeView, TaskView } from '../protocol/wire/web.ts';
import type { WebConnection } from './connection-state.ts';

/** A machine: what the server sees of it, and what it says of itself under its seal. */
export interface WebBridge extends BridgeView {
  /** As its owner named it, or its id until the first word from it. */
  readonly name: string;
  readonly info: BridgeInfo | null;
  /** False without a connection to the server: `isOnline` is then its last word, and may be old. */
  readonly isKnown: boolean;
  /** The last thing in its sealed stream that did not open or was not true. */
  readonly problem: LogProblem | null;
}

export interface WebTask extends TaskView {
  /** Null if there is no label or it does not open. */
  readonly title: string | null;
  readonly workspace: string | null;
}

/** Everything that the screens show, as one value that is replaced at each change. */
export interface WebState {
  readonly connection: WebConnection;
  /** False until the first welcome: what is empty before that is unknown, not empty. */
  readonly isLoaded: boolean;
  readonly bridges: readonly WebBridge[];
  /** Newest first. */
  readonly tasks: readonly WebTask[];
  /** Pending ones only, the next to expire first. */
  readonly approvals: readonly ApprovalChange[];
  /** Newest list of devices that could be verified. */
  readonly roster: Roster | null;
}

export const EMPTY_STATE: WebState = {
  connection: { state: 'stopped' },
  isLoaded: false,
  bridges: [],
  tasks: [],
  approvals: [],
  roster: null,
};

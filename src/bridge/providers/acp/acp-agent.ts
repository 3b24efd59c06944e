import type { ProviderCapability } from '../../../protocol/records/bridge-records.ts';
import type { Ask, SignedIn } from '../discover-program.ts';
import type { Environment } from '../supervisor/environment.ts';

/** What differs between agents that speak the Agent Client Protocol. */
export interface AcpAgent {
  readonly id: string;
  readonly name: string;
  /** Absolute path or name of the program. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Environment;
  /** One sentence that says what to do. */
  readonly notFound: string;
  /** The real program behind a launcher: a signal to a launcher would not reach the agent. */
  readonly nativeProgram?: (file: string) => Promise<string | undefined>;
  /** Absent where the model cannot be chosen by an argument. */
  readonly modelArguments?: (model: string) => readonly string[];
  /** Lets it use one more folder besides its working folder: the task's own. */
  readonly moreFolder?: (folder: string) => { readonly args?: readonly string[]; readonly env?: Environment };
  /** What is true of the agent; 'messages' is of all, because one that cannot go on with a session is told what was said. */
  readonly capabilities: readonly ProviderCapability[];
  /** Only a hint: whether credentials are still good is known by the server alone. */
  readonly signedIn?: (environment: Environment) => Promise<SignedIn>;
  /** Must be cheap and must not use the network. Undefined if the program did not answer. */
  readonly models?: (ask: Ask) => Promise<readonly string[] | undefined>;
  readonly quirks?: AcpQuirks;
}

export interface AcpQuirks {
  /** A word of the program, not of the model, that comes as a message. */
  readonly noticeIn?: (text: string) => { readonly level: 'info' | 'error'; readonly text: string } | undefined;
  /** An error that hides behind `end_turn`: its words, given the turn's last message chunk. */
  readonly hiddenError?: (lastChunk: string, hasUsage: boolean) => string | undefined;
}

import type { ReasonCode } from '../../protocol/reason-codes.ts';

/** What happened and what to do, for every reason that we know. The sealed words of the machine go first if they came. */
const SENTENCES: Readonly<Record<ReasonCode, string>> = {
  queue_full: 'Too much is waiting for this machine. Try again when it has caught up.',
  command_not_for_bridge: 'The command was meant for another machine. Nothing ran; send it again.',
  seal_invalid: 'The machine could not open the command: it holds another key. Pair the machine again.',
  signature_invalid: 'The machine could not verify that this device sent the command. Pair this device again.',
  device_unknown: 'The machine does not know this device yet. Open CTRL NODE on a device that is paired for longer.',
  device_revoked: 'This device was removed from the account, so the machine takes no commands from it.',
  command_out_of_order: 'A later command of this device reached the machine first. Nothing ran; send it again.',
  command_expired: 'The command reached the machine after its deadline. Nothing ran; send it again.',
  command_malformed: 'The machine could not read the command. Update CTRL NODE on the machine, then send it again.',
  action_unknown: 'The machine does not know this kind of command. Update CTRL NODE on the machine.',
  action_not_for_provider: 'This command is not meant for the agent that was chosen.',
  provider_unknown: 'The machine does not know this agent. Update CTRL NODE on the machine or choose another agent.',
  provider_not_installed: 'The agent is not installed on the machine. Install it there, then launch again.',
  program_unknown: 'The machine has no program of this name. Add it to the machine’s settings or choose another.',
  workspace_not_allowed: 'The machine does not allow this folder. Allow it on the machine or choose another.',
  project_not_allowed: 'The machine does not allow this project. Allow it on the machine or choose another place.',
  task_exists: 'The machine has this task already, so it was not started a second time.',
  task_unknown: 'The machine does not know this task.',
  task_ended: 'The task had ended by the time the command arrived.',
  task_files_removed:
    'The files of this task were removed from the machine, so its agent cannot go on. Launch it again.',
  messages_unsupported: 'This kind of agent takes no further messages. Launch a new task.',
  file_name_invalid: 'An attached file has a name that does not work on every system. Rename it and attach it again.',
  file_missing: 'An attached file did not reach the machine whole. Attach it again.',
  file_corrupt: 'An attached file changed on its way. Attach it again.',
  file_too_large: 'An attached file is larger than 25 MB. Attach a smaller one.',
  approval_unknown: 'The machine is not waiting for this answer.',
  approval_mismatch: 'The question changed while you answered. Read it again.',
  approval_settled: 'The question had been answered already, or had expired.',
  bridge_paused: 'The machine is paused. Resume it there, then launch again.',
  storage_failed: 'The machine could not write to its disk. Free some space there, then try again.',
  roster_invalid: 'The machine refused the new list of devices. Reload the page and try again.',
  agent_error: 'The agent reported an error.',
  agent_exit: 'The agent program ended by itself.',
  agent_no_result: 'The agent program ended without saying that it was done.',
  agent_silent: 'The agent program did not answer. Start it once on the machine to see what it waits for.',
  session_lost: 'The agent has lost the conversation that it was to go on with.',
  spawn_failed: 'The agent program could not be started.',
  worktree_failed: 'The git worktree for the task could not be made.',
  cancelled_by_user: 'Somebody cancelled it.',
  bridge_stopped: 'CTRL NODE was stopped on the machine.',
  bridge_crashed: 'CTRL NODE ended unexpectedly on the machine while this ran.',
  output_limit: 'It printed more than the machine allows.',
  time_limit: 'It took longer than the time limit.',
  memory_limit: 'It used more memory than the machine allows for one task.',
};

/** Codes that come from the server or from this device. */
const OTHER_SENTENCES: Readonly<Record<string, string>> = {
  bridge_unknown: 'This machine is no longer part of the account.',
  bridge_revoked: 'This machine was removed from the account.',
  command_conflict: 'The control plane has another command with the same id. Send it again.',
};

/** One sentence for a code, or for one that is newer than this page the code itself. */
export function sentenceOfCode(code: string): string {
  const known = (SENTENCES as Readonly<Record<string, string>>)[code] ?? OTHER_SENTENCES[code];
  return known ?? `The reason is “${code}”, which this version does not know.`;
}

/** The words of whoever gave the reason, else the sentence of its code. */
export function sentenceOfReason(reason: { readonly code: string; readonly message: string }): string {
  return reason.message.trim() === '' ? sentenceOfCode(reason.code) : reason.message;
}

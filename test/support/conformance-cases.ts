/** What every agent must do, in the order of the table in docs/providers.md. The words are also the tests' names. */
export const CASES = {
  found: 'is found, with its version',
  text: 'text streams',
  thoughts: 'thoughts are shown',
  toolCall: 'a tool call shows its input and its result',
  file: 'a file that it writes is in `output/artifacts/` and in the manifest',
  project: 'works in a project folder, with its artifacts in the folder of the task',
  allowed: 'what a person allows runs, once',
  denied: 'what a person denies does not run',
  followUp: 'a follow-up message knows what was said before',
  resume: 'goes on after `kill -9` of the bridge in mid turn',
  cancelStream: 'is cancelled while it streams',
  cancelTool: 'is cancelled while a shell command runs',
  cancelApproval: 'is cancelled while a question waits',
  modelError: "an error of the model's server is a failure that says what it said",
  modelCut: 'an answer of the model that is cut off is no silent success',
  parallel: 'two at once know nothing of each other',
} as const;

export type CaseId = keyof typeof CASES;

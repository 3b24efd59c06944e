/** What the dialog that `?` opens shows. */
export const KEYS: readonly (readonly [string, string])[] = [
  ['n', 'New task'],
  ['/', 'Search tasks, or the open log'],
  ['j  k', 'Next or previous task'],
  ['a', 'Allow what is asked; asks once'],
  ['d', 'Deny what is asked; asks once'],
  ['m', 'Write a message to the agent'],
  ['.', 'Follow the newest output'],
  ['e', 'Jump to the next failure in the log'],
  ['Esc', 'Back, or close'],
  ['?', 'These keys'],
];

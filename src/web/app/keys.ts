/** What the dialog that `?` opens shows. */
export const KEYS: readonly (readonly [string, string])[] = [
  ['n', 'New task'],
  ['/', 'Search tasks'],
  ['j  k', 'Next or previous task, or question'],
  ['a', 'Allow what is asked; asks once'],
  ['d', 'Deny what is asked; asks once'],
  ['m', 'Write a message to the agent'],
  ['.', 'Follow the newest output'],
  ['Esc', 'Back, or close'],
  ['?', 'These keys'],
];

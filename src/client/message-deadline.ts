/** How long a machine that is offline may still take a message to a task: a day, as with a launch. */
export const MESSAGE_DEADLINE_MS = 24 * 3_600_000;

/**
 * Of the Node that runs a bridge or a control plane by itself. V8 lets the heap of young objects grow to 100 MB and more
 * while much is printed or drained, or thousands of bridges connect, and keeps it; a small one costs nothing that shows,
 * because what they make soon goes. V8 takes it at the start only.
 */
export const PART_NODE_FLAGS = ['--max-semi-space-size=8'] as const;

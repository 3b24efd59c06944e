import { z } from 'zod';
import { launchProjectSchema } from '../../../protocol/wire/commands.ts';

const KEY = 'ctrlnode/new-task';

const draftSchema = z.object({
  instructions: z.string().default(''),
  /** Empty: made from the instructions. */
  title: z.string().default(''),
  bridgeId: z.string().default(''),
  provider: z.string().default(''),
  workspace: z.string().default(''),
  /** Null: the task's own folder. */
  project: launchProjectSchema.nullable().default(null),
  program: z.string().default(''),
  model: z.string().default(''),
});

/** What a person has filled in so far. Attached files are not kept. */
export type Draft = z.infer<typeof draftSchema>;

export const EMPTY_DRAFT: Draft = {
  instructions: '',
  title: '',
  bridgeId: '',
  provider: '',
  workspace: '',
  project: null,
  program: '',
  model: '',
};

/** The draft of this tab; it outlives a reload and is gone with the tab. */
export function loadDraft(): Draft {
  try {
    return draftSchema.parse(JSON.parse(sessionStorage.getItem(KEY) ?? '{}'));
  } catch {
    return EMPTY_DRAFT;
  }
}

/** Best effort: without storage the draft lives as long as the form. */
export function saveDraft(draft: Draft): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(draft));
  } catch {
    return;
  }
}

const TITLE_CHARACTERS_MAX = 80;

/** The first sentence or line of the instructions, short enough for a list. */
export function titleOfInstructions(instructions: string): string {
  const line =
    instructions
      .trim()
      .split('\n')[0]
      ?.replace(/^[#>*\-\s]+/, '')
      .trim() ?? '';
  const sentence = /^(.{8,}?[.?!])(?:\s|$)/.exec(line)?.[1]?.replace(/\.$/, '') ?? line;
  if (sentence.length <= TITLE_CHARACTERS_MAX) return sentence;
  const cut = sentence.slice(0, TITLE_CHARACTERS_MAX);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), 40)).trimEnd()}…`;
}

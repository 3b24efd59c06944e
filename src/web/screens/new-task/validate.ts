import { countOf, sizeOf } from '../../../base/times.ts';
import type { WebBridge } from '../../../client/web-state.ts';
import { FILE_MAX_BYTES, FILES_PER_TASK_MAX, INSTRUCTIONS_MAX_BYTES } from '../../../protocol/limits.ts';
import { problemOfFileName } from '../../../protocol/names.ts';
import type { ProviderStatus } from '../../../protocol/records/bridge-records.ts';
import type { Draft } from './draft.ts';

export type FieldName = 'instructions' | 'files' | 'machine' | 'provider' | 'program' | 'workspace';
export type FieldProblems = Readonly<Partial<Record<FieldName, string>>>;

/** One sentence per field that keeps the task from being launched. */
export function problemsOf(draft: Draft, files: readonly File[], bridge: WebBridge | undefined): FieldProblems {
  const provider = bridge?.info?.providers.find(({ id }) => id === draft.provider);
  const found: Record<FieldName, string | undefined> = {
    instructions: problemOfInstructions(draft.instructions),
    files: problemOfFiles(files),
    machine: problemOfMachine(bridge),
    provider: bridge?.info ? problemOfProvider(provider) : undefined,
    program: provider?.programs && !provider.programs.includes(draft.program) ? 'Choose a program.' : undefined,
    workspace: bridge?.info && !bridge.info.workspaces.includes(draft.workspace) ? 'Choose a folder.' : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, problem]) => problem !== undefined));
}

function problemOfInstructions(instructions: string): string | undefined {
  if (instructions.trim() === '') return 'Write what the agent is to do.';
  const bytes = new TextEncoder().encode(instructions).length;
  if (bytes <= INSTRUCTIONS_MAX_BYTES) return undefined;
  return `The instructions are ${sizeOf(bytes)}; at most 64 KiB are possible. Attach the long part as a file.`;
}

function problemOfFiles(files: readonly File[]): string | undefined {
  if (files.length > FILES_PER_TASK_MAX)
    return `${countOf(files.length, 'file')} are attached; at most ${FILES_PER_TASK_MAX} are possible.`;
  for (const file of files) {
    const problem = problemOfFileName(file.name);
    if (problem) return `The name of “${file.name}” ${problem}. Rename it and attach it again.`;
    if (file.size > FILE_MAX_BYTES) return `“${file.name}” is ${sizeOf(file.size)}; at most 25 MB are possible.`;
  }
  return undefined;
}

function problemOfMachine(bridge: WebBridge | undefined): string | undefined {
  if (!bridge) return 'Choose a machine.';
  return bridge.info ? undefined : 'This machine has not said yet what it offers. Start CTRL NODE there.';
}

function problemOfProvider(provider: ProviderStatus | undefined): string | undefined {
  if (!provider) return 'Choose an agent.';
  return isUsable(provider) ? undefined : (provider.problem ?? `${provider.name} is not installed on this machine.`);
}

export function isUsable(provider: ProviderStatus): boolean {
  return provider.isInstalled && (provider.programs === undefined || provider.programs.length > 0);
}

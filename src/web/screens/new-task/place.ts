import type { BridgeInfo, ProjectInfo } from '../../../protocol/records/bridge-records.ts';
import type { Draft } from './draft.ts';

type Place = Draft['project'];

interface PlaceOption {
  readonly value: string;
  readonly name: string;
  readonly project: Place;
}

/** The task's own folder first: it is what nobody has to choose. */
export function optionsOfPlace(projects: readonly ProjectInfo[]): readonly PlaceOption[] {
  const places = projects.flatMap(({ name, isGit }) => [
    { name, worktree: false },
    ...(isGit ? [{ name, worktree: true }] : []),
  ]);
  return [null, ...places].map((project) => ({ project, value: valueOfPlace(project), name: wordsOfPlace(project) }));
}

/** Names hold no slash, so two places never have the same value. */
export function valueOfPlace(place: Place): string {
  return place ? `${place.worktree ? 'worktree' : 'project'}/${place.name}` : '';
}

/** The place if the machine still offers it, else the task's own folder. */
export function offeredPlace(place: Place, info: BridgeInfo): Place {
  const project = info.projects.find(({ name }) => name === place?.name);
  return project && (project.isGit || !place?.worktree) ? place : null;
}

/** Whether the user turned questions off for where such a task works. */
export function isUnaskedIn(info: BridgeInfo, { project, workspace }: Pick<Draft, 'project' | 'workspace'>): boolean {
  if (!project) return info.unaskedWorkspaces.includes(workspace);
  return info.projects.some(({ name, isUnasked }) => name === project.name && isUnasked);
}

function wordsOfPlace(place: Place): string {
  if (!place) return 'Its own folder';
  return place.worktree ? `${place.name}, in a fresh git worktree` : place.name;
}

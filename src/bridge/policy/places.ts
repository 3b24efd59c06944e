import type { PlacePolicy } from '../ports.ts';
import type { Projects } from './projects.ts';
import type { Workspaces } from './workspaces.ts';

interface PlacesOptions {
  readonly workspaces: Workspaces;
  readonly projects: Projects;
}

/** In a project it is the project that decides whether questions are asked: a workspace may be meant for throw-away work. */
export function createPlaces({ workspaces, projects }: PlacesOptions): PlacePolicy {
  return {
    resolveWorkspace: workspaces.resolve,
    resolveProject: projects.resolve,
    unaskedIn({ workspace, project }) {
      const [kind, list, name] = project
        ? (['project', projects.list(), project.name] as const)
        : (['workspace', workspaces.list, workspace] as const);
      return list.find((folder) => folder.name === name)?.approvals === 'allow' ? kind : undefined;
    },
  };
}

import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import { Button } from '../../../ui/button.tsx';
import { AskFirst } from '../../app/ask-first.tsx';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { useAction } from '../../app/use-action.ts';
import { Group, GroupLine, GroupList } from './group.tsx';

/** Where agents may work, and whether they are asked there. */
export function FoldersGroup({ state }: { state: DesktopState }) {
  const action = useAction();
  const { workspaces, projects, policy } = state.snapshot;
  return (
    <Group title="Where agents may work">
      {workspaces.length + projects.length > 0 && (
        <GroupList>
          {workspaces.map((folder) => (
            <GroupLine
              key={folder.name}
              actions={
                <>
                  <Button
                    aria-label={`Open ${folder.name}`}
                    onClick={() => action.run(() => request('workspaces/open', { name: folder.name }))}
                  >
                    Open
                  </Button>
                  {workspaces.length > 1 && <RemoveFolder name={folder.name} />}
                </>
              }
            >
              <Folder {...folder} />
            </GroupLine>
          ))}
          {projects.map((folder) => (
            <GroupLine key={`project ${folder.name}`}>
              <Folder {...folder} />
            </GroupLine>
          ))}
        </GroupList>
      )}
      <ProblemText>{action.problem}</ProblemText>
      <div className="flex flex-wrap items-center gap-3">
        <Button disabled={action.isBusy} onClick={() => action.run(() => request('workspaces/add', null))}>
          Add a folder
        </Button>
        <p className="min-w-0 flex-1 text-12 text-dim">Each task gets a folder of its own in it.</p>
      </div>
      <p className="text-12 text-dim">
        {policy.rules === 0 ? 'No rules: every question of an agent is asked.' : `Rules for questions: ${policy.rules}`}
      </p>
    </Group>
  );
}

function Folder({ name, path, approvals }: { name: string; path: string; approvals: 'ask' | 'allow' }) {
  return (
    <>
      <p className="font-semibold">{name}</p>
      <p className="font-mono text-12 text-dim [overflow-wrap:anywhere]">{path}</p>
      {approvals === 'allow' && <p className="text-12 text-needs">Agents are not asked here: everything is allowed.</p>}
    </>
  );
}

function RemoveFolder({ name }: { name: string }) {
  return (
    <AskFirst
      label="Remove"
      accessibleLabel={`Remove ${name}`}
      question={`No more tasks in ${name}?`}
      words="New tasks cannot be started there any more. The folder and everything in it stay, and what runs there goes on."
      yes="Remove"
      no="Keep it"
      act={() => request('workspaces/remove', { name })}
    />
  );
}

import { useState } from 'react';
import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import type { RequestOf } from '../../../protocol/ui/ipc.ts';
import { Button } from '../../../ui/button.tsx';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { useAction } from '../../app/use-action.ts';
import { Field, Select } from './fields.tsx';
import { ScreenFrame } from './screen-frame.tsx';

interface NewTaskScreenProps {
  state: DesktopState;
  onDone: () => void;
  onLaunched: (taskId: string) => void;
}

const TITLE_MAX = 80;

/** A task that is started here, without any control plane. */
export function NewTaskScreen({ state, onDone, onLaunched }: NewTaskScreenProps) {
  const { providers, workspaces, projects } = state.snapshot;
  const agents = providers.filter(
    ({ id, isInstalled, programs }) => isInstalled && (id !== 'command' || programs?.length),
  );
  const [instructions, setInstructions] = useState('');
  const [agentId, setAgentId] = useState(() => agents[0]?.id ?? '');
  const [chosenProgram, setProgram] = useState('');
  const [place, setPlace] = useState(() => `workspace ${usualWorkspace(state) ?? ''}`);
  const action = useAction();
  const agent = agents.find(({ id }) => id === agentId) ?? agents[0];
  const programs = agent?.id === 'command' ? (agent.programs ?? []) : [];
  const program = programs.includes(chosenProgram) ? chosenProgram : programs[0];
  const text = instructions.trim() || (program ? `Run ${program}` : '');
  const workspace = place.startsWith('workspace ') ? place.slice('workspace '.length) : workspaces[0]?.name;
  const launch = async (): Promise<void> => {
    if (!agent || !workspace || text === '') return;
    const payload: RequestOf<'tasks/launch'> = {
      title: titleOf(text),
      instructions: text,
      provider: agent.id,
      workspace,
      ...(place.startsWith('project ') && { project: { name: place.slice('project '.length), worktree: false } }),
      settings: program ? { program } : {},
    };
    const { taskId } = await request('tasks/launch', payload);
    await request('settings/change', { isFirstRunDone: true });
    onLaunched(taskId);
  };
  return (
    <ScreenFrame title="New task" onDone={onDone}>
      {agents.length === 0 && (
        <p>No agent was found on this computer. Install one, then press “Look again” under Agents.</p>
      )}
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          action.run(launch);
        }}
      >
        <Field label="What is to be done">
          <textarea
            className="field block w-full"
            rows={5}
            data-first
            value={instructions}
            onChange={(event) => setInstructions(event.target.value)}
          />
        </Field>
        <Select
          label="Agent"
          value={agent?.id ?? ''}
          options={agents.map(({ id, name }) => [id, name])}
          onChange={setAgentId}
        />
        {programs.length > 0 && (
          <Select
            label="Program"
            value={program ?? ''}
            options={programs.map((name) => [name, name])}
            onChange={setProgram}
          />
        )}
        <Select
          label="Where"
          value={place}
          options={[
            ...workspaces.map(({ name }) => [`workspace ${name}`, `A folder of its own in ${name}`] as const),
            ...projects.map(({ name }) => [`project ${name}`, `The project ${name}`] as const),
          ]}
          onChange={setPlace}
        />
        <ProblemText>{action.problem}</ProblemText>
        <Button look="primary" type="submit" disabled={action.isBusy || !agent || !workspace || text === ''}>
          {action.isBusy ? 'Starting' : 'Start task'}
        </Button>
      </form>
    </ScreenFrame>
  );
}

/** Where the newest task is; before the first one, the folder that was added last. */
function usualWorkspace({ snapshot, tasks }: DesktopState): string | undefined {
  const names = snapshot.workspaces.map(({ name }) => name);
  const newest = [...tasks].sort((a, b) => b.createdAt - a.createdAt)[0]?.workspace;
  return names.find((name) => name === newest) ?? names.at(-1);
}

function titleOf(text: string): string {
  const line = text.split('\n', 1)[0]?.trim() ?? '';
  return line.length > TITLE_MAX ? `${line.slice(0, TITLE_MAX - 1)}…` : line;
}

import type { DesktopState } from '../../../protocol/ui/desktop-state.ts';
import { Button } from '../../../ui/button.tsx';
import { AskFirst } from '../../app/ask-first.tsx';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { useAction } from '../../app/use-action.ts';
import { ScreenFrame } from '../setup/screen-frame.tsx';
import { AppGroup } from './app-group.tsx';
import { AuthoritiesGroup } from './authorities-group.tsx';
import { FoldersGroup } from './folders-group.tsx';
import { Group, GroupLine, GroupList } from './group.tsx';
import { LimitsGroup } from './limits-group.tsx';

/** What is decided on this computer, and only here. */
export function SettingsScreen({ state, onDone }: { state: DesktopState; onDone: () => void }) {
  const { snapshot, machine } = state;
  return (
    <ScreenFrame title="Settings" onDone={onDone}>
      <AppGroup actual={state.settings} isSupervised={state.isSupervised} />
      <Group title="Control plane">
        {snapshot.server ? <Pairing server={snapshot.server} /> : <p className="text-dim">Not paired with any.</p>}
      </Group>
      <FoldersGroup state={state} />
      {machine && <LimitsGroup limits={machine.limits} />}
      {machine && <AuthoritiesGroup authorities={machine.authorities} />}
      <SettingsFile path={state.configFile} />
      <Group title="About">
        <p>
          CTRL NODE {snapshot.version}
          {state.isSigned ? '' : ', a build without a signature'}
        </p>
        <p className="max-w-[72ch] text-dim">{wordsOfStorage(state)}</p>
      </Group>
    </ScreenFrame>
  );
}

function Pairing({ server }: { server: string }) {
  const { host } = new URL(server);
  return (
    <GroupList>
      <GroupLine
        actions={
          <AskFirst
            label="Unpair"
            question={`Unpair from ${host}?`}
            words="This computer can no longer be reached from there. Running tasks go on, and their folders stay."
            yes="Unpair"
            no="Stay paired"
            act={() => request('pairing/unpair', null)}
          />
        }
      >
        <p className="font-mono text-12 [overflow-wrap:anywhere]">{server}</p>
      </GroupLine>
    </GroupList>
  );
}

function SettingsFile({ path }: { path: string }) {
  const action = useAction();
  return (
    <Group title="Everything else">
      <p className="max-w-[72ch]">
        Programs, agents of your own and projects stand in a file. It is read when CTRL NODE starts.
      </p>
      <p className="font-mono text-12 text-dim [overflow-wrap:anywhere]">{path}</p>
      <Button onClick={() => action.run(() => request('config/open', null))}>Open settings file</Button>
      <ProblemText>{action.problem}</ProblemText>
    </Group>
  );
}

function wordsOfStorage({ secretStorage, isSupervised }: DesktopState): string {
  if (secretStorage === 'keychain') return 'The keys of this computer rest in the keychain of the system.';
  const why = isSupervised ? 'CTRL NODE was started from a terminal' : 'This system offers no keychain';
  return `${why}, so the keys of this computer rest in a file that only your user can read. Other programs that run as you could read it too.`;
}

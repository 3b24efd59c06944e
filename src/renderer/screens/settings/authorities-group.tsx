import { dateOf } from '../../../base/times.ts';
import type { Authorities } from '../../../protocol/ui/machine-settings.ts';
import { Button } from '../../../ui/button.tsx';
import { AskFirst } from '../../app/ask-first.tsx';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { useAction } from '../../app/use-action.ts';
import { Group, GroupLine, GroupList } from './group.tsx';

/** Whom the link trusts besides the authorities of the system. */
export function AuthoritiesGroup({ authorities }: { authorities: Authorities | null }) {
  const action = useAction();
  return (
    <Group title="Certificate authority">
      {authorities ? (
        <GroupList>
          {authorities.certificates.map(({ name, expiresAt }) => (
            <GroupLine key={`${name} ${expiresAt}`}>
              <p className="font-semibold [overflow-wrap:anywhere]">{name}</p>
              <Expiry at={expiresAt} />
            </GroupLine>
          ))}
          {authorities.problem !== null && (
            <GroupLine>
              <p className="text-bad [overflow-wrap:anywhere]">{authorities.problem}</p>
            </GroupLine>
          )}
        </GroupList>
      ) : (
        <p className="max-w-[72ch] text-dim">
          Only those of the system are trusted. If a proxy of your company opens encrypted connections, choose the file
          with the certificate of its authority (PEM).
        </p>
      )}
      <ProblemText>{action.problem}</ProblemText>
      <div className="flex flex-wrap gap-2">
        <Button disabled={action.isBusy} onClick={() => action.run(() => request('authorities/choose', null))}>
          {authorities ? 'Choose another file' : 'Choose a file'}
        </Button>
        {authorities && (
          <AskFirst
            label="Remove"
            accessibleLabel="Remove the certificate authority"
            question="Trust only the authorities of the system?"
            words="The link is made anew without it. Behind a proxy that needs it, this computer then goes offline."
            yes="Remove"
            no="Keep it"
            act={() => request('authorities/forget', null)}
          />
        )}
      </div>
    </Group>
  );
}

function Expiry({ at }: { at: number }) {
  const isOver = at <= Date.now();
  return (
    <p className={`text-12 ${isOver ? 'text-bad' : 'text-dim'}`}>
      {isOver ? `Expired on ${dateOf(at)}, so it does not count.` : `Trusted besides the system’s, until ${dateOf(at)}`}
    </p>
  );
}

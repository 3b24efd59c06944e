import { useEffect, useState } from 'react';
import { Button } from '../../../ui/button.tsx';
import { request } from '../../app/desktop-client.ts';
import { ProblemText } from '../../app/problem-text.tsx';
import { ScreenFrame } from './screen-frame.tsx';

interface Inspected {
  readonly server: string;
  readonly isLocal: boolean;
}

/** Asks for a link, says in plain words with whom it pairs, and pairs only on a press. */
export function PairScreen({ link: first, onDone }: { link: string; onDone: () => void }) {
  const [link, setLink] = useState(first);
  const [found, setFound] = useState<Inspected | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  useEffect(() => setLink(first), [first]);
  useEffect(() => {
    setFound(null);
    setProblem(null);
    if (link.trim() === '') return;
    request('pairing/inspect', { link }).then(setFound, (error: Error) => setProblem(error.message));
  }, [link]);
  const pair = async (): Promise<void> => {
    setIsBusy(true);
    try {
      await request('pairing/pair', { link });
      onDone();
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <ScreenFrame title="Pair this computer" onDone={onDone}>
      <p className="text-dim">In the web app, open Machines and press “Add a machine”. Paste the link that it shows.</p>
      <label className="flex flex-col gap-1">
        <span className="font-semibold">Pairing link</span>
        <textarea
          className="field font-mono text-12"
          rows={4}
          data-first
          value={link}
          onChange={(event) => setLink(event.target.value)}
        />
      </label>
      {found && (
        <p>
          This computer will take tasks from <strong>{found.server}</strong>
          {found.isLocal ? ', which is this computer itself' : ''}. People who are signed in there on a paired device
          can start agents here, in the folders that you allow. It cannot read what agents write: that is sealed.
        </p>
      )}
      <ProblemText>{problem ?? ''}</ProblemText>
      <div className="flex gap-2">
        <Button look="primary" disabled={!found || isBusy} onClick={() => void pair()}>
          {isBusy ? 'Pairing' : found ? `Pair with ${found.server}` : 'Pair'}
        </Button>
        <Button onClick={onDone}>Not now</Button>
      </div>
    </ScreenFrame>
  );
}

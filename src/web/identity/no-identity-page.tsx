import { CenteredPage } from '../app/centered-page.tsx';
import { CopyLine } from '../app/copy-line.tsx';

/** For a browser that no account knows: how to get a link. */
export function NoIdentityPage() {
  return (
    <CenteredPage title="Pair this browser first">
      <p>
        CTRL NODE has no passwords. A device is let in by a one-time link from the terminal that runs the control plane,
        or from a device that is paired already.
      </p>
      <ol className="list-decimal space-y-4 pl-5">
        <li>
          In the folder of the control plane, start it. It prints a link.
          <div className="mt-2">
            <CopyLine text="npm start" label="Copy the command" />
          </div>
        </li>
        <li>Or, on a device that is paired: open Machines, then Add a device, and open the link here.</li>
      </ol>
      <p className="text-dim">A link works once, and for ten minutes.</p>
    </CenteredPage>
  );
}

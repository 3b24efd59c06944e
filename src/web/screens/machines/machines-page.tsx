import type { WebState } from '../../../client/web-state.ts';
import { buttonClass } from '../../../ui/button.tsx';
import { PageHeader } from '../page-header.tsx';
import { DeviceSection } from './device-section.tsx';
import { MachineSection } from './machine-section.tsx';

export function MachinesPage({ state }: { state: WebState }) {
  return (
    <main className="flex min-h-0 flex-1 flex-col">
      <PageHeader
        title="Machines"
        actions={
          <a href="/machines/add" className={buttonClass('primary')}>
            Add a machine
          </a>
        }
      />
      <div className="min-h-0 flex-1 space-y-8 overflow-y-auto px-4 py-5 md:px-6">
        {!state.isLoaded && <p className="text-dim">Loading your machines</p>}
        {state.isLoaded && state.bridges.length === 0 && (
          <p className="max-w-[72ch] text-dim">
            No machine yet. A machine dials out to this control plane, so no port has to be opened on it. Add one: you
            get a link, and run one command with it on the machine.
          </p>
        )}
        {state.bridges.map((bridge) => (
          <MachineSection key={bridge.bridgeId} bridge={bridge} />
        ))}
        {state.isLoaded && <DeviceSection state={state} />}
      </div>
    </main>
  );
}

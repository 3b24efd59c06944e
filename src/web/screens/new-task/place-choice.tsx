import type { BridgeInfo } from '../../../protocol/records/bridge-records.ts';
import { Choice } from './choice.tsx';
import type { Draft } from './draft.ts';
import { Field } from './field.tsx';
import { isUnaskedIn, optionsOfPlace, valueOfPlace } from './place.ts';

interface PlaceChoiceProps {
  info: BridgeInfo;
  place: Draft['project'];
  onChange: (project: Draft['project']) => void;
}

/** Where the agent works: in the task's own folder, in a project, or in a fresh git worktree of one. */
export function PlaceChoice({ info, place, onChange }: PlaceChoiceProps) {
  const options = optionsOfPlace(info.projects);
  return (
    <Field
      label="Where"
      hint={
        <>
          {hintOf(place)}
          {place && isUnaskedIn(info, { project: place, workspace: '' }) && <UnaskedNotice />}
        </>
      }
    >
      {(attributes) => (
        <Choice
          {...attributes}
          value={valueOfPlace(place)}
          onChange={(value) => onChange(options.find((option) => option.value === value)?.project ?? null)}
          options={options.map(({ value, name }) => [value, name])}
        />
      )}
    </Field>
  );
}

/** Said beside whatever the user turned questions off for. */
export function UnaskedNotice() {
  return (
    <span className="block text-needs">
      Questions are turned off here: the machine allows what the agent asks for, except what its deny rules forbid.
    </span>
  );
}

function hintOf(place: Draft['project']): string {
  if (!place) return 'A new folder, made for this task alone.';
  return place.worktree
    ? 'On a branch of its own. Your checkout stays as it is; the worktree stays until you remove it.'
    : 'In your own files there, as they are now.';
}

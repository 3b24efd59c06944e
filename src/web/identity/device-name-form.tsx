import { Button } from '../../ui/button.tsx';

interface DeviceNameFormProps {
  name: string;
  onNameChange: (name: string) => void;
  action: string;
  onSubmit: () => void;
  /** What is going on; while it says anything the button is off. */
  busyWords: string | null;
  problem: string;
}

/** Names this device before it joins or makes an account. */
export function DeviceNameForm({ name, onNameChange, action, onSubmit, busyWords, problem }: DeviceNameFormProps) {
  return (
    <form
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <label className="block">
        <span className="mb-1 block font-semibold">Name of this device</span>
        <input
          className="field w-full"
          value={name}
          maxLength={100}
          required
          onChange={(event) => onNameChange(event.target.value)}
        />
      </label>
      <div className="flex items-center gap-4">
        <Button look="primary" type="submit" disabled={busyWords !== null}>
          {action}
        </Button>
        {busyWords !== null && <span className="text-dim">{busyWords}</span>}
      </div>
      {problem !== '' && (
        <p role="alert" className="text-bad">
          {problem}
        </p>
      )}
    </form>
  );
}

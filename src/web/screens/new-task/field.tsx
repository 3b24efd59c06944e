import { useId } from 'react';

interface FieldProps {
  label: string;
  problem?: string | undefined;
  hint?: React.ReactNode;
  className?: string;
  children: (attributes: {
    id: string;
    'aria-invalid': boolean;
    'aria-describedby': string | undefined;
  }) => React.ReactNode;
}

/** A labelled field with its hint, and its problem where it is. */
export function Field({ label, problem, hint, className = '', children }: FieldProps) {
  const id = useId();
  const describedBy = problem || hint ? `${id}-words` : undefined;
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block font-semibold">
        {label}
      </label>
      {children({ id, 'aria-invalid': problem !== undefined, 'aria-describedby': describedBy })}
      {describedBy && (
        <p id={describedBy} className={`mt-1 text-12 ${problem ? 'text-bad' : 'text-dim'}`}>
          {problem ?? hint}
        </p>
      )}
    </div>
  );
}

import type { RefObject } from 'react';

interface SearchFieldProps {
  field: RefObject<HTMLInputElement | null>;
  label: string;
  value: string;
  onChange: (value: string) => void;
  className: string;
}

/** What is looked for in a list. Escape shows all of it again and leaves the field. */
export function SearchField({ field, label, value, onChange, className }: SearchFieldProps) {
  return (
    <input
      ref={field}
      type="search"
      className={`field ${className}`}
      placeholder={label}
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        onChange('');
        event.currentTarget.blur();
      }}
    />
  );
}

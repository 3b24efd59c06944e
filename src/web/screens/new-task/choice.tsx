interface ChoiceProps extends Omit<React.ComponentProps<'select'>, 'onChange'> {
  options: readonly (readonly [value: string, name: string])[];
  onChange: (value: string) => void;
}

/** A native select: the best there is on a phone and with a keyboard. */
export function Choice({ options, onChange, value, ...rest }: ChoiceProps) {
  return (
    <select {...rest} value={value} className="field block w-full" onChange={(event) => onChange(event.target.value)}>
      {!options.some(([known]) => known === value) && <option value={value}>Choose</option>}
      {options.map(([known, name]) => (
        <option key={known} value={known}>
          {name}
        </option>
      ))}
    </select>
  );
}

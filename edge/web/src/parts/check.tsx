/** A choice that is made or not, with its name. */

interface CheckProps {
  readonly label: string;
  readonly note?: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: () => void;
}

export function Check({ label, note, checked, disabled = false, onChange }: CheckProps) {
  return (
    <label className="events-check">
      <input type="checkbox" checked={checked} disabled={disabled} onChange={onChange} />
      <span>{label}</span>
      {note === undefined || note === label ? null : <code>{note}</code>}
    </label>
  );
}

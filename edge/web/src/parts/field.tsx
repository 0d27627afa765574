/** A labelled field of a form, with its hint and its fault. */

import { type InputHTMLAttributes, type ReactNode, useId, useState } from "react";
import { useWords } from "../state/words.ts";
import { IconButton } from "./button.tsx";

interface FieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value"> {
  readonly label: string;
  readonly hint?: string;
  readonly fault?: string | null;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly after?: ReactNode;
}

export function Field({ label, hint, fault, value, onValue, after, ...rest }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = fault ?? hint;
  return (
    <div className={`field ${fault ? "is-faulty" : ""}`}>
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <div className="field-box">
        <input
          {...rest}
          id={id}
          value={value}
          onChange={(event) => onValue(event.target.value)}
          aria-invalid={fault ? true : undefined}
          aria-describedby={note ? noteId : undefined}
        />
        {after}
      </div>
      <p className="field-note" id={noteId} role={fault ? "alert" : undefined}>
        {note ?? ""}
      </p>
    </div>
  );
}

export function PasswordField(props: Omit<FieldProps, "type" | "after">) {
  const t = useWords();
  const [shown, setShown] = useState(false);
  return (
    <Field
      {...props}
      type={shown ? "text" : "password"}
      after={
        <IconButton
          icon={shown ? "eyeOff" : "eye"}
          label={t(shown ? "auth.password.hide" : "auth.password.show")}
          onClick={() => setShown(!shown)}
        />
      }
    />
  );
}

interface SelectProps<V extends string> {
  readonly label: string;
  readonly value: V;
  readonly options: readonly { readonly value: V; readonly text: string }[];
  readonly onValue: (value: V) => void;
  readonly hideLabel?: boolean;
  readonly disabled?: boolean;
}

export function Select<V extends string>({ label, value, options, onValue, hideLabel, disabled }: SelectProps<V>) {
  const id = useId();
  return (
    <div className="field is-select">
      <label className={hideLabel ? "sr-only" : "field-label"} htmlFor={id}>
        {label}
      </label>
      <div className="field-box">
        <select id={id} value={value} disabled={disabled} onChange={(event) => onValue(event.target.value as V)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.text}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

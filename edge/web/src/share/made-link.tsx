/** A link that was made a moment ago: its address, which is told only once, to copy. */

import { CopyButton } from "./copy-button.tsx";

interface MadeLinkProps {
  readonly title: string;
  readonly label: string;
  readonly url: string;
  readonly text: string;
}

export function MadeLink({ title, label, url, text }: MadeLinkProps) {
  return (
    <div className="made-link" role="status">
      <strong>{title}</strong>
      <div className="made-link-row">
        <input readOnly value={url} aria-label={label} onFocus={(event) => event.currentTarget.select()} />
        <CopyButton text={url} look="main" />
      </div>
      <p>{text}</p>
    </div>
  );
}

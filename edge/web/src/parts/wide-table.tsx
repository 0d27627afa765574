/** A table of numbers or lines, which scrolls by itself where the screen is narrower. */

import type { ReactNode } from "react";

interface WideTableProps {
  readonly caption: string;
  readonly columns: readonly string[];
  /** The rows. */
  readonly children: ReactNode;
}

export function WideTable({ caption, columns, children }: WideTableProps) {
  return (
    <div className="audit-scroll">
      <table className="audit-table">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

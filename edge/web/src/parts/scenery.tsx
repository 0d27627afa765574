/** A piece of a board in use: notes, an arrow, two people's cursors. Only to look at. */

export function Scenery() {
  return (
    <svg className="scenery" viewBox="0 0 520 300" aria-hidden="true" focusable="false">
      <g className="chalk">
        <path d="M40 58c38-5 92-6 128-2 3 28 3 62 0 92-40 5-88 5-127 1-4-30-4-62-1-91Z" />
        <path d="M62 86c22-2 46-2 70 0M62 106c18-2 38-2 56 0M62 125c12-1 24-1 36 0" />
        <path d="M182 104c40-26 66-20 92 14m0 0c1-9 1-15 0-22m0 22c-8-1-14-3-20-6" />
        <path d="M352 150c2-36-24-58-56-56-34 2-52 28-48 58 4 32 30 50 58 46 30-3 45-22 46-48Z" />
        <path d="M278 146l16 17 34-34" />
        <path d="M366 168c34 20 44 40 42 70m0 0c6-6 10-10 13-16m-13 16c-6-5-11-10-15-17" />
        <path d="M52 226c16-14 24 14 40 0s24 14 40 0 24 14 40 0" />
      </g>
      <path className="note is-sun" d="M392 40l92-8 8 84-92 8Z" />
      <path className="note-line" d="M410 62l52-4M412 80l44-4M413 97l28-3" />
      <path className="note is-sky" d="M204 212l86 4-5 66-85-4Z" />
      <path className="note-line" d="M220 234l48 2M219 251l34 2" />
      <g className="scenery-cursor is-one">
        <path d="M0 0v18l5-4 3.400 8 3.200-1.400-3.400-7.600 6.400-.600Z" />
        <rect x="13" y="17" width="44" height="22" rx="11" />
        <text x="35" y="32">
          Аня
        </text>
      </g>
      <g className="scenery-cursor is-two">
        <path d="M0 0v18l5-4 3.400 8 3.200-1.400-3.400-7.600 6.400-.600Z" />
        <rect x="13" y="17" width="48" height="22" rx="11" />
        <text x="37" y="32">
          Leon
        </text>
      </g>
    </svg>
  );
}

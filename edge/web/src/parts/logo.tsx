/** The sign of Doska: its first Cyrillic letter, Д, which is also a board on its easel. */

export function Mark({ size = 28 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false" className="mark">
      <rect width="32" height="32" rx="9" className="mark-ground" />
      <path
        className="mark-letter"
        d="M10.600 21.200 C11.900 17.600 12.200 13.600 12.300 9.300 H20.300 V21.200 M7.600 25.200 V21.200 H24.400 V25.200"
        fill="none"
        strokeWidth="2.600"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

export function Logo() {
  return (
    <span className="logo">
      <Mark />
      <span className="logo-word">Doska</span>
    </span>
  );
}

/** The client's icons: 20 by 20, one stroke, the colour of the text beside them. */

const PATHS = {
  plus: "M10 4.5v11M4.5 10h11",
  more: "M4.6 10h.01M10 10h.01M15.4 10h.01",
  search: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM13 13l3.5 3.5",
  close: "M5 5l10 10M15 5L5 15",
  check: "M4.5 10.5l3.5 3.5 7.5-8",
  link: "M8.5 11.5a3 3 0 0 0 4.3 0l2.4-2.4a3 3 0 0 0-4.3-4.3l-1 1M11.500 8.500a3 3 0 0 0-4.3 0l-2.400 2.400a3 3 0 0 0 4.300 4.300l1-1",
  lock: "M5.500 9h9v7h-9zM7.500 9V6.500a2.500 2.500 0 0 1 5 0V9",
  eye: "M2.500 10s2.700-5 7.500-5 7.500 5 7.500 5-2.700 5-7.500 5-7.500-5-7.500-5ZM10 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
  eyeOff:
    "M3.500 3.500l13 13M8.200 5.200A8 8 0 0 1 10 5c4.800 0 7.500 5 7.500 5a13 13 0 0 1-2.400 3M5.300 6.700A13 13 0 0 0 2.500 10s2.700 5 7.500 5a7.600 7.600 0 0 0 3-.600",
  upload: "M10 13V4M6.500 7L10 3.500 13.500 7M4 13v3h12v-3",
  archive: "M3.500 4.500h13v3.500h-13zM4.500 8v8h11V8M8 11h4",
  trash: "M4 6h12M8 6V4h4v2M5.500 6l.700 10h7.600l.700-10M8.500 9v4.500M11.500 9v4.500",
  cloud: "M6 15.500a3.500 3.500 0 0 1-.300-7 4.500 4.500 0 0 1 8.700 1A3 3 0 0 1 14 15.500Z",
  cloudOff:
    "M3.500 3.500l13 13M6.600 6.800a4.500 4.500 0 0 0-.900 1.700A3.500 3.500 0 0 0 6 15.500h8.200M9 5.600a4.500 4.500 0 0 1 5.400 3.900 3 3 0 0 1 1.900 4.400",
  people:
    "M7.500 9.500a2.700 2.700 0 1 0 0-5.400 2.700 2.700 0 0 0 0 5.400ZM2.500 16c0-2.800 2.200-4.500 5-4.500s5 1.700 5 4.500M13 4.500a2.500 2.500 0 0 1 0 4.800M14.500 11.800c1.900.500 3 2 3 4.200",
  chevron: "M6 8l4 4 4-4",
  sun: "M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM10 2.500v1.500M10 16v1.500M2.500 10H4M16 10h1.500M4.700 4.700l1 1M14.300 14.300l1 1M4.700 15.300l1-1M14.300 5.700l1-1",
  moon: "M16 11.500A6.500 6.500 0 0 1 8.500 4a6.500 6.500 0 1 0 7.500 7.500Z",
  device: "M3.500 5h13v8.500h-13zM7.500 16.500h5",
  warning: "M10 3.500l7 12.500H3ZM10 8v3.500M10 13.700h.01",
  comment: "M3.500 4.500h13v9h-7l-3.500 3v-3h-2.500z",
  comments: "M3 3.500h10v7H8l-2.500 2.200v-2.200H3zM15 7h2v6.500h-2v2l-2.500-2H9",
  template: "M3.500 3.500h13v4h-13zM3.500 10.500h5.500v6H3.500zM12 10.500h4.500v6H12z",
  restore: "M4.500 4.500v4h4M4.800 8.500a6 6 0 1 1-.800 3",
  history: "M3.500 5v3.500H7M3.700 8.500a6.500 6.500 0 1 1-.200 3M10 6.500V10l2.500 1.500",
  play: "M7 4.500l8 5.500-8 5.500Z",
  pause: "M7 5v10M13 5v10",
  previous: "M12.500 4.500L7 10l5.500 5.500",
  next: "M7.500 4.500L13 10l-5.500 5.500",
  branch: "M6 4v12M6 12c0-3 8-2 8-6M14 6.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3Z",
  compare: "M8 4H4v12h4M12 4h4v12h-4M10 3v14",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      className="icon"
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth={name === "more" ? 2.4 : 1.6}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

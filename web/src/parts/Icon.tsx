// The pictures beside words: lines of one weight, in the colour of the text.

const PATHS = {
  projects: "M3 7h7l2 2h9v10H3z",
  overview: "M4 20V10m5 10V4m5 16v-7m5 7V8",
  proxies: "M12 3v5m0 8v5m9-9h-5M8 12H3m15.4-6.4-3.5 3.5m-5.8 5.8-3.5 3.5m12.8 0-3.5-3.5M9.1 9.1 5.6 5.6",
  connectors: "M9 7V3m6 4V3M6 7h12v4a6 6 0 0 1-12 0zm6 10v4",
  credentials: "M15 9a4 4 0 1 1-4-4 4 4 0 0 1 4 4zm-1.2 2.8L21 19m-3-3 2-2",
  connect: "M8 9l-4 3 4 3m8-6 4 3-4 3M13.5 6l-3 12",
  settings: "M4 7h10m4 0h2M4 17h2m4 0h10M16 5v4M8 15v4",
  rules: "M5 5h14M5 10h9M5 15h14M5 20h6",
  inspector: "M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zm5 12 5 5",
  backup: "M4 5h16v5H4zm0 9h16v5H4zM7.5 7.5h.01m-.01 9h.01",
  why: "M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1 1-1.1 1.8m0 3v.01",
  live: "M3 12h4l3-8 4 16 3-8h4",
  sessions: "M7 8a3 3 0 1 1 6 0 3 3 0 0 1-6 0zM3 20c0-4 3-6 7-6s7 2 7 6M16 5.5a3 3 0 0 1 0 5M19 20c0-3-1-5-3-5.7",
  usage: "M4 4v16h16M8 15l3-4 3 2 5-7",
  caps: "M4 17a8 8 0 1 1 16 0M12 17l4-6M3 20h18",
  cluster: "M12 3l4 2.5v4.5L12 12.5 8 10V5.5zM6 13l4 2.3v4.4L6 22l-4-2.3v-4.4zM18 13l4 2.3v4.4L18 22l-4-2.3v-4.4z",
  certificates: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9 12l2 2 4-4",
  users: "M8 11a3.5 3.5 0 1 1 0-7 3.5 3.5 0 0 1 0 7zM2 20c0-4 2.5-6 6-6s6 2 6 6m1-9a3 3 0 0 0 0-6m7 14c0-3-1.5-5-4-5.5",
  account: "M12 12a4 4 0 1 1 0-8 4 4 0 0 1 0 8zM4 21c0-4 3.5-6 8-6s8 2 8 6",
  audit: "M6 3h9l4 4v14H6zM9 12h7M9 16h7M9 8h3",
  alerts: "M6 17V11a6 6 0 1 1 12 0v6l2 2H4zM10 21h4",
  keys: "M10 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0zm0 0h12m-3 0v4m-4-4v3",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zm5 11.5L20 20",
  add: "M12 5v14M5 12h14",
  upload: "M12 16V4m-5 5 5-5 5 5M4 20h16",
  download: "M12 4v12m-5-5 5 5 5-5M4 20h16",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  check: "M5 12.5 10 17 19 7",
  close: "M6 6l12 12M18 6 6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  rest: "M9 5v14M15 5v14",
  release: "M8 5l11 7-11 7z",
  delete: "M5 7h14M9 7V4h6v3m-9 0 1 13h8l1-13",
  edit: "M4 20l1-4L16 5l3 3L8 19z",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v3m0 14v3m10-10h-3M5 12H2m17-7-2 2M7 17l-2 2m14 0-2-2M7 7 5 5",
  moon: "M20 14A8 8 0 1 1 10 4a6.5 6.5 0 0 0 10 10z",
  warning: "M12 4 2.5 20h19zM12 10v5m0 2.5v.01",
  leave: "M14 4h5v16h-5M4 12h11m-4-4 4 4-4 4",
  down: "M6 9l6 6 6-6",
  book: "M5 4h6a2 2 0 0 1 2 2v14a2 2 0 0 0-2-2H5zm14 0h-4a2 2 0 0 0-2 2v14a2 2 0 0 1 2-2h4z",
  refresh: "M20 12a8 8 0 1 1-2.3-5.6M20 4v5h-5",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.7}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: "none" }}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

// How far back usage is shown, and in which steps.

export const SPANS = [
  { value: "1", label: "1 h" },
  { value: "24", label: "24 h" },
  { value: "168", label: "7 d" },
  { value: "720", label: "30 d" },
];

const STEPS = [
  { value: "60", label: "1 minute" },
  { value: "300", label: "5 minutes" },
  { value: "900", label: "15 minutes" },
  { value: "3600", label: "1 hour" },
  { value: "21600", label: "6 hours" },
  { value: "86400", label: "1 day" },
];

/** More points than this are narrower than what a screen can show. */
const MOST = 800;

/** The steps that make sense for so many hours. */
export function stepsOf(hours: number) {
  const fits = STEPS.filter(({ value }) => {
    const points = (hours * 3600) / Number(value);
    return points >= 2 && points <= MOST;
  });
  return [{ value: "auto", label: "Steps: auto" }, ...fits];
}

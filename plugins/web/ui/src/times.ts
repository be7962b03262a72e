const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const long = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

const DAY_MS = 24 * 60 * 60 * 1000;

export function dayOf(at: string): string {
  return new Date(at).toDateString();
}

export function timeOfDay(at: string): string {
  return clock.format(new Date(at));
}

export function dayTitle(at: string, now: Date = new Date()): string {
  const day = dayOf(at);
  if (day === now.toDateString()) return "Today";
  if (day === new Date(now.getTime() - DAY_MS).toDateString()) return "Yesterday";
  return long.format(new Date(at));
}

// For the list: the time today, the day of the week for some days, then the date.
export function roughly(at: string, now: Date = new Date()): string {
  const date = new Date(at);
  if (date.toDateString() === now.toDateString()) return clock.format(date);
  return now.getTime() - date.getTime() < 6 * DAY_MS ? weekday.format(date) : short.format(date);
}

/** *Format*: numbers, sizes and times as people read them. */
const whole = new Intl.NumberFormat("en");

export const count = (n: number): string => whole.format(n);

/** `1 batch`, `3 batches` */
export const counted = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

export function bytes(n: number): string {
  let unit = 0;
  while (n >= 1000 && unit < 4) {
    n /= 1000;
    unit++;
  }
  return `${unit && n < 10 ? n.toFixed(1) : Math.round(n)} ${["B", "KB", "MB", "GB", "TB"][unit]}`;
}

export function duration(ms: number): string {
  if (ms > 0 && ms < 1) return `${(ms * 1000).toFixed(0)} µs`;
  if (ms < 1000) return `${ms > 0 && ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
  const [m, h, d] = [Math.floor(s / 60), Math.floor(s / 3600), Math.floor(s / 86400)];
  if (d) return `${d} d ${h % 24} h`;
  return h ? `${h} h ${m % 60} min` : `${m} min ${Math.floor(s % 60)} s`;
}

/** A rate with as many digits as mean something. */
export const rate = (n: number): string => (n >= 10 ? count(Math.round(n)) : n.toFixed(1));

/** Estimates are a range, as they are not better than that. */
export function eta(seconds: number): string {
  if (seconds < 5) return "a few seconds";
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} s`;
  const minutes = seconds / 60;
  if (minutes < 90) return `${Math.floor(minutes)}–${Math.floor(minutes) + 1} min`;
  const hours = minutes / 60;
  return hours < 48 ? `${Math.floor(hours)}–${Math.floor(hours) + 1} h` : `about ${Math.round(hours / 24)} days`;
}

export const percent = (part: number): string => {
  if (part >= 1) return "100 %";
  // Nothing is all done or not begun that is not.
  const p = part * 100;
  return `${p > 99 ? Math.min(p, 99.9).toFixed(1) : p > 0 && p < 1 ? Math.max(p, 0.1).toFixed(1) : Math.floor(p)} %`;
};

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

export const time = (at: string | number): string => clock.format(new Date(at));
export const moment = (at: string | number): string => `${day.format(new Date(at))}, ${time(at)}`;
/** Without the day, where it is today's. */
export const shortMoment = (at: string | number): string =>
  new Date(at).toDateString() === new Date().toDateString() ? time(at) : moment(at);

export function ago(at: string | number, now = Date.now()): string {
  const s = Math.max(0, (now - new Date(at).getTime()) / 1000);
  if (s < 5) return "just now";
  if (s < 60) return `${Math.floor(s)} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  return s < 86400 * 14 ? `${Math.floor(s / 86400)} d ago` : day.format(new Date(at));
}

/** `needs_password` → `needs password` */
export const words = (name: string): string => name.replaceAll("_", " ");
/** `Needs password` */
export const title = (name: string): string => {
  const text = words(name);
  return text.charAt(0).toUpperCase() + text.slice(1);
};

/** Characters that a line cannot show, shown: a NUL in a name is part of it. */
export const visible = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f]/g, (c) =>
    c === "\u007f" ? "\u2421" : String.fromCharCode(0x2400 + c.charCodeAt(0)),
  );

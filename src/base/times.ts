/** Times and sizes as people read them. All times are milliseconds since the epoch, shown in the reader's own zone. */
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `8 s`, `3 m 12 s`, `2 h 5 m`, `4 d 3 h`; below a second `0.2 s`. */
export function durationOf(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < SECOND) return `${(Math.ceil(ms / 100) / 10).toFixed(1)} s`;
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return pair(ms, MINUTE, 'm', SECOND, 's');
  return ms < DAY ? pair(ms, HOUR, 'h', MINUTE, 'm') : pair(ms, DAY, 'd', HOUR, 'h');
}

/** One unit only: `8 s`, `3 m`, `2 h`, `4 d`. */
export function shortDurationOf(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} m`;
  return ms < DAY ? `${Math.floor(ms / HOUR)} h` : `${Math.floor(ms / DAY)} d`;
}

/** To the minute: `under a minute`, `3 m`, `2 h 5 m`. For what must not change all the time. */
export function coarseDurationOf(durationMs: number): string {
  return durationMs < MINUTE ? 'under a minute' : durationOf(Math.floor(durationMs / MINUTE) * MINUTE);
}

/** `14:02`. */
export function clockTimeOf(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

/** `14:02` today, `yesterday 14:02`, else `12 Nov 14:02`, with the year if it is another one. */
export function momentOf(at: number, now: number): string {
  const day = dayOf(at, now);
  return day === '' ? clockTimeOf(at) : `${day} ${clockTimeOf(at)}`;
}

/** In a sentence: `at 14:02` today, else `tomorrow 14:02`, `12 Nov 14:02`. */
export function atMomentOf(at: number, now: number): string {
  return dayOf(at, now) === '' ? `at ${clockTimeOf(at)}` : momentOf(at, now);
}

/** For a narrow column: `14:02` today, else the day alone. */
export function shortMomentOf(at: number, now: number): string {
  return dayOf(at, now) || clockTimeOf(at);
}

/** `just now`, `4 s ago`, `3 m ago`, then the moment. */
export function agoOf(at: number, now: number): string {
  const ms = now - at;
  if (ms < 2 * SECOND) return 'just now';
  return ms < HOUR ? `${shortDurationOf(ms)} ago` : atMomentOf(at, now);
}

/** `19 November 2026`: where the hour says nothing. */
export function dateOf(at: number): string {
  return new Date(at).toLocaleDateString('en-GB', { dateStyle: 'long' });
}

/** With seconds, day and zone: what stands behind every relative time. */
export function absoluteOf(at: number): string {
  return new Date(at).toLocaleString([], { dateStyle: 'full', timeStyle: 'long' });
}

/** Days between the local dates of two times; positive if `at` is earlier. */
export function daysBefore(at: number, now: number): number {
  return Math.round((midnightOf(now) - midnightOf(at)) / DAY);
}

export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return countOf(bytes, 'byte');
  if (bytes < 999_500) return `${(bytes / 1_000).toFixed(bytes < 9_950 ? 1 : 0)} KB`;
  return `${(bytes / 1_000_000).toFixed(bytes < 9_950_000 ? 1 : 0)} MB`;
}

/** `1 file`, `1,204 records`. */
export function countOf(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? singular : plural}`;
}

function pair(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeName}${rest === 0 ? '' : ` ${rest} ${smallName}`}`;
}

function dayOf(at: number, now: number): string {
  const days = daysBefore(at, now);
  if (days === 0) return '';
  if (days === 1) return 'yesterday';
  if (days === -1) return 'tomorrow';
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Date(at).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    ...(!isThisYear && { year: 'numeric' }),
  });
}

function midnightOf(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

// The night as `forefield.report.picture` writes it, and as we draw it.

type Deltas = number[];
type Moment = number | null; // tenths of a second since 1970, UTC

export interface RawTrack { id: number; sym: string; k: string; c: number; e: number; t: Deltas; x: Deltas; y: Deltas; p: Deltas }
export interface RawTruth { id: string; end: string; c: number; t: Deltas; x: Deltas; y: Deltas }
export interface RawAlert { c: string; n: string; t: number; arr: Moment; rel: Moment; kind: string; by: [string, Moment][] }
export interface RawChapter {
  id: number;
  e: number;
  guard: string;
  t: [number, number];
  lines: { h: number | null; t: Deltas; p: Deltas }[];
  when: { t: Deltas; lo: Deltas; mid: Deltas; hi: Deltas };
  where: { t: Deltas; x: Deltas; y: Deltas; s: Deltas; p: Deltas };
  inside: [Moment, Moment][];
  truth: [Moment, Moment][];
  end: [Moment, string] | null;
  verdicts: [string, string, number, number, Moment][];
  alerts: RawAlert[];
  decide: Record<string, [Moment, string]>;
}
type RawRing = [Deltas, Deltas];
export interface Raw {
  areas: { n: string; r: RawRing[]; a: [number, number][] }[];
  base: Record<string, RawRing[]>;
  chapters: RawChapter[];
  dust: { t: Deltas; x: Deltas; y: Deltas }[];
  guards: string[];
  horizon: number | null;
  near: [number, number, number, number];
  whole: [number, number, number, number];
  places: [string, number, number, number][];
  public: [Moment, string, string, number][];
  sensors: { id: string; kind: string; owner: string; lon: number; lat: number; range: number; path: [number, number][] }[];
  t0: number;
  t1: number;
  tracks: RawTrack[];
  truth: RawTruth[];
  tz: { name: string; offsets: [number, number][] };
}

/** Undo differencing and scaling. */
export function sum(deltas: Deltas, scale: number): number[] {
  let at = 0;
  return deltas.map((d) => (at += d) / scale);
}

export const seconds = (deltas: Deltas): number[] => sum(deltas, 10);
export const degrees = (deltas: Deltas): number[] => sum(deltas, 1e5);
/** Chances; NaN where there is no forecast, 2 where inside. */
export const chances = (deltas: Deltas): number[] =>
  sum(deltas, 1000).map((p) => (p < 0 ? NaN : p));
export const moment = (t: Moment): number => (t === null ? NaN : t / 10);

export function read(): Raw {
  return JSON.parse(document.getElementById("night")!.textContent!) as Raw;
}

/** Local time and UTC; offsets come with the data, the reader's machine has no say. */
export class Clock {
  constructor(private readonly offsets: [number, number][]) {}
  private offset(t: number): number {
    let found = this.offsets[0]?.[1] ?? 0;
    for (const [from, offset] of this.offsets) if (t >= from) found = offset;
    return found;
  }
  private static text(t: number, withSeconds: boolean): string {
    return new Date(Math.round(t) * 1000).toISOString().slice(11, withSeconds ? 19 : 16);
  }
  local(t: number, withSeconds = true): string {
    return Clock.text(Math.round(t) + this.offset(t), withSeconds);
  }
  utc(t: number, withSeconds = true): string {
    return Clock.text(t, withSeconds);
  }
}

export function percent(p: number): string {
  if (!Number.isFinite(p)) return "–";
  const v = 100 * p;
  if (v < 1) return "under 1 %";
  if (v > 99) return "over 99 %";
  return `${v.toFixed(0)} %`;
}

export function lasting(s: number): string {
  if (!Number.isFinite(s)) return "–";
  const whole = Math.round(Math.abs(s));
  if (whole < 120) return `${whole} s`;
  const rest = whole % 60;
  return `${Math.floor(whole / 60)} min${rest ? ` ${rest} s` : ""}`;
}

export const horizonName = (h: number | null): string =>
  h === null ? "before it ends" : h % 60 === 0 ? `${h / 60} min` : `${h} s`;

/** Last index whose value is at most x; -1 if none. `sorted` ascends. */
export function lastAtMost(sorted: number[], x: number): number {
  let lo = 0;
  let hi = sorted.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (sorted[mid]! <= x) lo = mid + 1;
    else hi = mid;
  }
  return lo - 1;
}

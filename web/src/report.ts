import { Clock, type RawChapter, moment, read } from "./data";
import { Now } from "./dom";
import { drawMap } from "./map";
import { placeSymbol } from "./symbols";
import { drawTimeline } from "./timeline";

const raw = read();
const clock = new Clock(raw.tz.offsets);

/** Where the picture opens: the first entry, else the highest chance, else the end. */
function opening(): number {
  const first = (stays: RawChapter["truth"]): number =>
    // Not what was inside from the start: nothing has been seen by then.
    Math.min(...stays.map(([t]) => moment(t)).filter((t) => t > raw.t0 / 10 + 60));
  for (const stays of [
    raw.chapters.flatMap((c) => c.truth),
    raw.chapters.filter((c) => c.e).flatMap((c) => c.inside),
  ])
    if (Number.isFinite(first(stays))) return first(stays);
  let best = { p: 0, t: raw.t1 / 10 };
  for (const chapter of raw.chapters)
    for (const line of chapter.lines) {
      let t = 0;
      let p = 0;
      line.t.forEach((dt, i) => {
        t += dt;
        p += line.p[i]!;
        if (line.h === raw.horizon && p > best.p) best = { p, t: t / 10 };
      });
    }
  return best.t;
}

const now = new Now(opening());
const host = document.getElementById("picture");
if (host) drawMap(host, raw, clock, now);
for (const node of document.querySelectorAll<HTMLElement>(".timeline")) {
  const chapter = raw.chapters.find((c) => String(c.id) === node.dataset["track"]);
  if (chapter) drawTimeline(node, chapter, raw, clock, now);
}
for (const node of document.querySelectorAll<HTMLElement>(".symbol")) {
  const track = raw.tracks.find((t) => String(t.id) === node.dataset["track"]);
  if (track) node.append(placeSymbol(track.sym, 34));
}

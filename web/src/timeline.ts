// One object's evening: chance, when, verdicts, warnings, on one axis of time.

import { scaleLinear } from "d3-scale";
import { area, line } from "d3-shape";
import { CHANNEL_WORDS, CODE_WORDS, HORIZON_COLOURS, toneOf } from "./colours";
import { type Clock, type Raw, type RawChapter, chances, horizonName, lasting, moment, seconds, sum } from "./data";
import { html, svg, type Now } from "./dom";

const LEFT = 46;
const RIGHT = 14;
const AXIS = 40;
const STEPS_S = [10, 30, 60, 120, 300, 600, 900, 1800, 3600];

export function drawTimeline(host: HTMLElement, chapter: RawChapter, raw: Raw, clock: Clock, now: Now): void {
  const [from, to] = stretch(chapter, raw);
  const lines = chapter.lines.map((l) => ({ h: l.h, t: seconds(l.t), p: chances(l.p) }));
  const when = {
    t: seconds(chapter.when.t),
    lo: sum(chapter.when.lo, 1),
    mid: sum(chapter.when.mid, 1),
    hi: sum(chapter.when.hi, 1),
  };
  const colour = (i: number): string =>
    lines[i]!.h === null ? HORIZON_COLOURS[4]! : HORIZON_COLOURS[Math.min(i, 3)]!;
  const isMain = (i: number): boolean => lines[i]!.h === raw.horizon;

  const key = html("ul", { class: "horizons" },
    ...lines.map((l, i) =>
      html("li", {},
        svg("svg", { width: 26, height: 10, "aria-hidden": true },
          svg("path", { d: "M1,5H25", style: `stroke:${colour(i)};stroke-width:${isMain(i) ? 3.2 : 1.8}px`, ...(l.h === null ? { "stroke-dasharray": "5 3" } : {}) })),
        html("span", {}, l.h === null ? "before it ends" : `within ${horizonName(l.h)}`))));
  const figure = html("figure", {});
  host.append(figure);

  const draw = (given = 0): void => {
    const width = given || Math.max(280, host.clientWidth);
    const x = scaleLinear([from, to], [LEFT, width - RIGHT]);
    const X = (t: number): number => Math.max(LEFT, Math.min(width - RIGHT, x(t)));
    const body = svg("g", {});
    const guides = svg("g", {},
      svg("clipPath", { id: `clip-${chapter.id}` }, svg("rect", { x: LEFT, y: 0, width: width - RIGHT - LEFT, height: 400 })));
    let y = 6;

    const caption = (text: string): void => {
      y += 16;
      const size = 13.5;
      const most = Math.floor((width - RIGHT) / (size * 0.6));
      for (const part of wrap(text, most)) {
        body.append(svg("text", { x: 0, y, class: "caption" }, part));
        y += 17;
      }
      y -= 9;
    };

    // 1. The chance of entry, a line for each horizon.
    caption("Chance of entry, by horizon");
    const top = y;
    const p = scaleLinear([0, 1], [y + 150, y + 6]);
    for (const level of [0, 0.25, 0.5, 0.75, 1]) {
      body.append(svg("path", { d: `M${LEFT},${p(level)}H${width - RIGHT}`, class: level ? "grid" : "axis" }));
      if (level !== 0.25 && level !== 0.75)
        body.append(svg("text", { x: LEFT - 6, y: p(level) + 4.5, class: "tick", "text-anchor": "end" }, `${100 * level} %`));
    }
    const order = lines.map((_, i) => i).sort((a, b) => Number(isMain(a)) - Number(isMain(b)));
    for (const i of order) {
      const l = lines[i]!;
      const points = l.t.map((t, k) => [t, l.p[k]!] as const).filter((_, k) => (l.t[k + 1] ?? Infinity) >= from && (l.t[k - 1] ?? -Infinity) <= to);
      const path = line<readonly [number, number]>()
        .defined(([, v], k) => Number.isFinite(v) && (k === 0 || points[k]![0] - points[k - 1]![0] < 600))
        .x(([t]) => x(t))
        .y(([, v]) => p(v))(points);

      body.append(svg("path", { d: path ?? "", class: "curve", "clip-path": `url(#clip-${chapter.id})`, style: `stroke:${colour(i)};stroke-width:${isMain(i) ? 3.2 : 1.8}px`, ...(l.h === null ? { "stroke-dasharray": "5 3" } : {}) }));
    }
    y += 158;

    // 2. When, as minutes still to go: a band from 5 to 95 %, the median in it.
    const seen = when.t.map((t, i) => [t, when.lo[i]! / 60, when.mid[i]! / 60, when.hi[i]! / 60] as const)
      .filter(([t]) => t >= from && t <= to);
    if (seen.length > 1) {
      caption("Minutes until entry, if it enters: median, and the range that holds 90 %");
      const highest = Math.min(30, Math.max(2, ...seen.map((r) => r[3])));
      const m = scaleLinear([0, highest], [y + 92, y + 4]).clamp(true);
      for (const tick of m.ticks(3)) {
        body.append(svg("path", { d: `M${LEFT},${m(tick)}H${width - RIGHT}`, class: tick ? "grid" : "axis" }),
          svg("text", { x: LEFT - 6, y: m(tick) + 4.5, class: "tick", "text-anchor": "end" }, String(tick)));
      }
      type Row = (typeof seen)[number];
      const whole = (_: Row, k: number): boolean => k === 0 || seen[k]![0] - seen[k - 1]![0] < 120;
      body.append(
        svg("path", { class: "band", d: area<Row>().defined(whole).x((r) => x(r[0])).y0((r) => m(r[1])).y1((r) => m(r[3]))([...seen]) ?? "" }),
        svg("path", { class: "median", d: line<Row>().defined(whole).x((r) => x(r[0])).y((r) => m(r[2]))([...seen]) ?? "" }));
      const entered = chapter.truth.map(([t]) => moment(t)).find((t) => Number.isFinite(t));
      if (entered !== undefined) {
        const start = Math.max(from, entered - highest * 60);
        body.append(svg("path", { class: "true-left", d: `M${x(start)},${m((entered - start) / 60)}L${x(entered)},${m(0)}` }));
        const at = start + 0.55 * (entered - start);
        body.append(svg("text", { class: "note", x: X(at) - 6, y: m((entered - at) / 60) + 14, "text-anchor": "end" }, "in truth"));
      }
      y += 98;
    }

    // 3. What the mandate said, a lane for each effector.
    const lanes = [...new Set(chapter.verdicts.map((v) => v[0]))];
    for (const lane of lanes) {
      const runs = chapter.verdicts.filter((v) => v[0] === lane);
      const [last, over] = chapter.decide[lane] ?? [null, ""];
      const limit = moment(last);
      const by = Number.isFinite(limit) ? limit : undefined;
      // The verdicts in order of how long each held, not every change of a second.
      const held = new Map<string, number>();
      for (const [, code, a, b] of runs) held.set(code, (held.get(code) ?? 0) + (b - a) / 10 + 10);
      const longest = [...held].sort((p, q) => q[1] - p[1]);
      const words = longest.slice(0, 3).map(([code, s]) => `${CODE_WORDS[code] ?? code} (${lasting(s)})`);
      const rest = longest.length > 3 ? ` and ${longest.length - 3} more` : "";
      caption(`Intercept by ${lane}: ${words.join(", ")}${rest}${by === undefined ? "" : `; over ${over} decide by ${clock.local(by)}`}`);
      y += 2;
      for (const [, code, a, b] of runs) {
        const tone = toneOf(code);
        const [xa, xb] = [X(a / 10), X(b / 10 + 10)];
        const bar = svg("rect", { x: xa, y, width: Math.max(2, xb - xa), height: 24, rx: 2, style: `fill:${tone.fill};stroke:${tone.line}` },
          svg("title", {}, `${clock.local(a / 10)}–${clock.local(b / 10)}: ${code}`));
        body.append(bar);
        const words = CODE_WORDS[code] ?? code;
        if (xb - xa > words.length * 7 + 10)
          body.append(svg("text", { x: xa + 6, y: y + 16.5, class: "bar-text", style: `fill:${tone.ink}` }, words));
      }
      if (by !== undefined && by >= from && by <= to)
        body.append(svg("path", { class: "decide", d: `M${x(by)},${y + 24}l-6,9h12Z` }, svg("title", {}, `decide by ${clock.local(by)}`)));
      y += 34;
    }

    // 4. Warnings: decided, released, delivered, arrival.
    for (const alert of chapter.alerts) {
      const soonest = alert.by.map(([c, t]) => [c, moment(t)] as const).filter(([, t]) => Number.isFinite(t)).sort((a, b) => a[1] - b[1])[0];
      const tail = soonest ? `, ${CHANNEL_WORDS[soonest[0]] ?? soonest[0]} reaches people ${clock.local(soonest[1])}` : "";
      caption(`Warning for ${alert.n}: decided ${clock.local(alert.t / 10)}${tail}`);
      y += 10;
      const end = Number.isFinite(moment(alert.arr)) ? moment(alert.arr) : alert.t / 10;
      body.append(svg("path", { class: "alert-line", d: `M${X(alert.t / 10)},${y}H${X(end)}` }),
        svg("circle", { cx: X(alert.t / 10), cy: y, r: 6, class: "alert-decided" }));
      if (alert.rel !== null) body.append(svg("circle", { cx: X(moment(alert.rel)), cy: y, r: 4.5, class: "alert-released" }));
      for (const [, t] of alert.by)
        if (t !== null) body.append(svg("path", { class: "alert-delivered", d: `M${X(moment(t))},${y - 7}l7,7l-7,7l-7,-7Z` }));
      body.append(svg("path", { class: "alert-arrival", d: `M${X(end)},${y - 8}V${y + 8}` }));
      y += 14;
    }

    // 5. What was said in public, in fact.
    const told = raw.public.filter(([, kind]) => kind === "public_told" || kind === "alert");
    for (const [at, , what, approx] of told.slice(0, 3)) {
      const t = moment(at);
      const outside = !Number.isFinite(t) ? ", time not known" : t > to ? ", after this stretch" : t < from ? ", before this stretch" : "";
      const about = approx ? "about " : "";
      caption(`In fact: ${Number.isFinite(t) ? `${about}${clock.local(t, !approx)}${outside}: ` : ""}${brief(what)}`);
      if (!outside) {
        y += 10;
        body.append(svg("path", { class: "public-mark", d: `M${x(t) - 7},${y - 7}h14v14h-14Z` }));
        y += 12;
      } else y += 4;
    }
    y += 8;

    // The axis: local time in bold, UTC below it.
    const room = Math.max(2, Math.floor((width - LEFT) / 76));
    const step = STEPS_S.find((s) => (to - from) / s <= room) ?? 7200;
    body.append(svg("path", { d: `M${LEFT},${y}H${width - RIGHT}`, class: "axis" }));
    for (let t = Math.ceil(from / step) * step; t <= to; t += step) {
      const short = step < 60;
      const anchor = x(t) > width - 40 ? "end" : x(t) < LEFT + 24 ? "start" : "middle";
      body.append(
        svg("path", { d: `M${x(t)},${y}v5`, class: "axis" }),
        svg("text", { x: x(t), y: y + 18, class: "tick local", "text-anchor": anchor }, clock.local(t, short)),
        svg("text", { x: x(t), y: y + 33, class: "tick", "text-anchor": anchor }, clock.utc(t, short)));
    }
    body.append(svg("text", { x: 0, y: y + 18, class: "tick local" }, "local"), svg("text", { x: 0, y: y + 33, class: "tick" }, "UTC"));
    const height = y + AXIS;

    // Inside, in truth: a shaded stretch through everything.
    for (const [a, b] of chapter.truth) {
      const start = a === null ? from : moment(a);
      const end = b === null ? Math.min(to, moment(chapter.end?.[0] ?? null) || to) : moment(b);
      if (end < from || start > to) continue;
      guides.append(svg("rect", { class: "inside", x: X(start), y: top, width: Math.max(2, X(end) - X(start)), height: y - top }));
      const words = `inside ${lasting(end - start)}`;
      const left = X(end) > width - RIGHT - 90;
      guides.append(svg("text", { class: "note", x: left ? X(start) - 5 : X(end) + 5, y: top + 16, "text-anchor": left ? "end" : "start" }, b === null ? "inside" : words));
    }
    const cursor = svg("path", { class: "cursor", d: `M0,${top}V${y}` });
    const plot = svg("svg", {
      width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
      "aria-label": `Timeline of track ${chapter.id} from ${clock.local(from)} to ${clock.local(to)} local time. The moments and tables below say the same.`,
    }, guides, body, cursor);
    plot.addEventListener("click", (event) => {
      const at = event.clientX - plot.getBoundingClientRect().left;
      if (at >= LEFT) now.set(Math.max(from, Math.min(to, x.invert(at))));
    });
    cursorAt = (t) => {
      cursor.style.display = t >= from && t <= to ? "" : "none";
      cursor.setAttribute("transform", `translate(${x(t).toFixed(1)},0)`);
    };
    cursorAt(now.t);
    const parts: string[] = [];
    if (chapter.alerts.length) parts.push("Warnings: ● decided, ○ released, ◆ reaches people, | forecast arrival.");
    if (lanes.length) parts.push("▲ last moment to decide.");
    parts.push("The thin upright line is the time on the map; click to move it.");
    figure.replaceChildren(key, plot, html("figcaption", { class: "fine" }, parts.join(" ")));
  };
  let cursorAt: (t: number) => void = () => undefined;
  draw();
  now.follow((t) => cursorAt(t));
  // Paper is narrower than most screens: draw for its width, so that the type stays
  // readable (A4 less the margins of the print style is 182 mm, 688 CSS pixels).
  window.addEventListener("beforeprint", () => draw(688));
  window.addEventListener("afterprint", () => draw());
  let last = host.clientWidth;
  new ResizeObserver(() => {
    if (Math.abs(host.clientWidth - last) < 2) return;
    last = host.clientWidth;
    draw();
  }).observe(host);
}

/** The stretch of time worth drawing: round the entry, or where the chance peaked. */
function stretch(chapter: RawChapter, raw: Raw): [number, number] {
  const [first, last] = [chapter.t[0] / 10, chapter.t[1] / 10];
  const keys = chapter.truth.flatMap(([a, b]) => [moment(a), moment(b)]).filter(Number.isFinite);
  for (const alert of chapter.alerts) keys.push(alert.t / 10);
  for (const run of chapter.verdicts) keys.push(run[2] / 10, run[3] / 10);
  const main = chapter.lines.find((l) => l.h === raw.horizon) ?? chapter.lines[0];
  if (main) {
    const p = chances(main.p).map((v) => (Number.isFinite(v) ? v : 0));
    const t = seconds(main.t);
    const i = p.indexOf(Math.max(...p));
    if (t[i] !== undefined) keys.push(t[i]!);
  }
  if (!keys.length || last - first < 1200) return [first, Math.max(last, first + 60)];
  const a = Math.max(first, Math.min(...keys) - 720);
  const b = Math.min(last, Math.max(...keys) + 180);
  return [a, Math.max(b, a + 300)];
}

/** The first clause of what was said; the whole of it stands in the text. */
function brief(what: string): string {
  const clause = what.split(/[;.] /)[0]!;
  return clause.length > 90 ? `${clause.slice(0, 88).replace(/ \S*$/, "")} …` : clause;
}

/** Break a caption at spaces so that it fits. */
function wrap(text: string, most: number): string[] {
  const out: string[] = [];
  let row = "";
  for (const word of text.split(" ")) {
    if (row && row.length + word.length + 1 > most) {
      out.push(row);
      row = word;
    } else row = row ? `${row} ${word}` : word;
  }
  out.push(row);
  return out;
}

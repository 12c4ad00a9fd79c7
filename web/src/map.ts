// The map of the night. SVG, so that it prints sharp and every mark can be read.

import { geoCircle, geoStereographic } from "d3-geo";
import { select } from "d3-selection";
import { zoom, zoomIdentity, type D3ZoomEvent, type ZoomTransform } from "d3-zoom";
import { INSIDE, STEPS, stepOf, type Step } from "./colours";
import { type Clock, type Raw, chances, degrees, horizonName, lastAtMost, lasting, moment, percent, seconds, sum } from "./data";
import { html, svg, type Now } from "./dom";
import { placeSymbol, SYMBOL_WORDS } from "./symbols";

type Point = [number, number];
interface Piece { node: SVGPathElement; core: SVGPathElement | null; from: number; to: number }
interface Drawn {
  id: number;
  chapter: boolean;
  sym: string;
  kind: string;
  t: number[];
  at: Point[];
  p: number[];
  pieces: Piece[];
  symbol: SVGGElement;
  label: SVGTextElement;
  last: SVGPathElement;
}

const WIDTH = 1200;
const LAYERS: [string, string, boolean][] = [
  ["tracks", "Tracked paths", true],
  ["truth", "True paths", true],
  ["entry", "Likely entry points", true],
  ["alerts", "Warned districts", true],
  ["districts", "District borders", true],
  ["places", "Places", true],
  ["sensors", "Sensors and reach", true],
  ["dust", "Unconfirmed tracks", false],
];

const line = (points: Point[]): string =>
  points.length ? `M${points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join("L")}` : "";

export function drawMap(host: HTMLElement, raw: Raw, clock: Clock, now: Now): void {
  const phone = host.clientWidth < 600;
  const height = phone ? 1320 : 760;
  const [w, s, e, n] = raw.near;
  // The plane of the picture is the tracker's kind of plane: conformal, stereographic.
  const projection = geoStereographic()
    .rotate([-(w + e) / 2, -(s + n) / 2])
    .clipAngle(90)
    .precision(0);
  const frame = { type: "MultiPoint" as const, coordinates: [[w, s], [e, s], [w, n], [e, n]] };
  projection.fitExtent([[20, 20], [WIDTH - 20, height - 20]], frame);
  const place = (lon: number, lat: number): Point => projection([lon, lat]) ?? [NaN, NaN];
  const path = (lons: number[], lats: number[]): Point[] =>
    lons.map((lon, i) => place(lon, lats[i]!)).filter(([x]) => Number.isFinite(x));
  const shape = (rings: [number[], number[]][]): string =>
    rings.map(([x, y]) => `${line(path(degrees(x), degrees(y)))}Z`).join("");

  // -- the frame ------------------------------------------------------------------
  const root = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${height}`,
    class: "map",
    role: "application",
    tabindex: 0,
    "aria-label":
      "Map of the night. Arrow keys move it, plus and minus zoom, 0 shows the start again. " +
      "All it shows is also in the tables below.",
  });
  const ground = svg("g", { class: "ground" });
  const over = svg("g", { class: "over" });
  root.append(svg("rect", { width: WIDTH, height, class: "sea" }), ground, over);
  const layer = (parent: SVGGElement, name: string): SVGGElement => {
    const g = svg("g", { class: `layer-${name}`, "data-layer": name });
    parent.append(g);
    return g;
  };
  const land = layer(ground, "land");
  const alerts = layer(ground, "alerts");
  const districts = layer(ground, "districts");
  const borders = layer(ground, "borders");
  const reach = layer(ground, "sensors");
  const dust = layer(ground, "dust");
  const truth = layer(ground, "truth");
  const tracks = layer(ground, "tracks");
  const spread = layer(ground, "entry");
  const places = layer(over, "places");
  const masts = layer(over, "sensors");
  const truthMarks = layer(over, "truth");
  const entryMarks = layer(over, "entry");
  const symbols = layer(over, "tracks");
  const furniture = svg("g", { class: "furniture" });
  over.append(furniture);

  // -- country --------------------------------------------------------------------
  const guards = new Set(raw.guards);
  for (const [iso, rings] of Object.entries(raw.base)) {
    const d = shape(rings);
    const kind = guards.has(iso) ? "guarded" : "other";
    land.append(svg("path", { d, class: `country ${kind}`, "fill-rule": "evenodd" }));
    borders.append(svg("path", { d, class: `border ${kind}` }));
  }
  const warned = raw.areas.map((area) => {
    const d = shape(area.r);
    districts.append(svg("path", { d, class: "district" }));
    if (!area.a.length) return null;
    const node = svg("path", { d, class: "warned", "fill-rule": "evenodd" }, svg("title", {}, `${area.n}: warned`));
    alerts.append(node);
    return { node, changes: area.a.map(([t, on]) => [t / 10, on] as const) };
  });

  for (const sensor of raw.sensors) {
    const ring = geoCircle()
      .center([sensor.lon, sensor.lat])
      .radius(sensor.range / 111_195)
      .precision(4)();
    const points = ring.coordinates[0]!.map(([lon, lat]) => place(lon!, lat!));
    reach.append(svg("path", { d: `${line(points)}Z`, class: `reach ${sensor.kind}` }));
    if (sensor.path.length > 1)
      reach.append(svg("path", { d: line(sensor.path.map(([lon, lat]) => place(lon, lat))), class: "orbit" }));
  }

  // -- paths ----------------------------------------------------------------------
  for (const speck of raw.dust)
    dust.append(svg("path", { d: line(path(degrees(speck.x), degrees(speck.y))), class: "speck" }));
  const trueEnds: { at: Point; id: string; chapter: boolean }[] = [];
  const truePaths: { node: SVGPathElement; from: number; to: number }[] = [];
  for (const flight of raw.truth) {
    const points = path(degrees(flight.x), degrees(flight.y));
    const node = svg("path", { d: line(points), class: flight.c ? "true chapter" : "true" }, svg("title", {}, `true path of ${flight.id}`));
    truth.append(node);
    const t = seconds(flight.t);
    truePaths.push({ node, from: t[0]!, to: t[t.length - 1]! });
    const end = points[points.length - 1];
    if (end) trueEnds.push({ at: end, id: flight.id, chapter: Boolean(flight.c) });
  }
  const drawn: Drawn[] = [...raw.tracks]
    .sort((a, b) => a.c - b.c)
    .map((track) => {
      const t = seconds(track.t);
      const p = chances(track.p);
      const at = degrees(track.x).map((lon, i) => place(lon, degrees(track.y)[i]!));
      const group = svg("g", { class: `track${track.c ? " chapter" : ""}${track.e ? "" : " unproven"}` }, svg("title", {}, `track ${track.id}: ${track.k}`));
      const pieces: Piece[] = [];
      const add = (from: number, to: number, step: Step): void => {
        const style = `stroke:${step.colour};stroke-width:${step.width}px`;
        const node = svg("path", { class: "piece", style });
        const core = step === INSIDE && track.e ? svg("path", { class: "piece core" }) : null;
        group.append(node, ...(core ? [core] : []));
        pieces.push({ node, core, from, to });
      };
      let from = 0;
      for (let i = 1; i < t.length; i++) {
        const step = stepOf(p[i]!);
        const next = i + 1 < t.length ? stepOf(p[i + 1]!) : null;
        if (next !== step) {
          add(from, i, step);
          from = i;
        }
      }
      tracks.append(group);
      const label = svg("text", { class: "track-label" });
      const symbol = svg("g", { class: track.e ? "symbol-at" : "symbol-at unproven" }, svg("title", {}, `track ${track.id}: ${track.k}`));
      const picture = placeSymbol(track.sym, track.c ? 34 : 22);
      const half = track.c ? 17 : 11;
      picture.setAttribute("x", String(-half));
      picture.setAttribute("y", String(-half));
      symbol.append(picture);
      const last = svg("path", { d: "M-4,-4L4,4M-4,4L4,-4", class: "last" });
      symbols.append(last, symbol, label);
      return { id: track.id, chapter: Boolean(track.c), sym: track.sym, kind: track.k, t, at, p, pieces, symbol, label, last };
    });

  const entries = raw.chapters.map((chapter) => {
    const circle = svg("circle", { class: "spread" });
    const mark = svg("g", { class: "entry-mark" }, svg("path", { d: "M0,-9L9,0L0,9L-9,0Z" }));
    const label = svg("text", { class: "entry-label" });
    spread.append(circle);
    entryMarks.append(mark, label);
    const lon = degrees(chapter.where.x);
    const lat = degrees(chapter.where.y);
    return {
      id: chapter.id, circle, mark, label,
      t: seconds(chapter.where.t),
      at: lon.map((x, i) => place(x, lat[i]!)),
      sigma: sum(chapter.where.s, 1),
      p: chances(chapter.where.p),
      lat,
    };
  });

  // -- words over it --------------------------------------------------------------
  const towns = raw.places.map(([name, lon, lat, people]) => {
    const node = svg("g", { class: people >= 200_000 ? "town big" : "town" },
      svg("circle", { r: people >= 200_000 ? 3 : 2 }), svg("text", { x: 6, y: 4 }, name));
    places.append(node);
    return { node, name, at: place(lon / 1e5, lat / 1e5), people };
  });
  const posts = raw.sensors.map((sensor) => {
    const node = svg("g", { class: "mast" }, svg("path", { d: "M0,-6L5.5,4.5H-5.5Z" }), svg("title", {}, sensor.id));
    masts.append(node);
    return { node, at: place(sensor.lon, sensor.lat) };
  });
  const ends = trueEnds.map(({ at, id, chapter }) => {
    const text = svg("text", { class: "truth-label", x: 8, y: 4 }, chapter ? `truth ${id}` : "");
    const node = svg("g", {}, svg("circle", { r: 3.5, class: "true-end" }), text);
    truthMarks.append(node);
    return { node, at, text: chapter ? text : null, length: id.length + 7 };
  });

  // -- scale bar ------------------------------------------------------------------
  const bar = svg("path", { class: "scale-bar" });
  const barText = svg("text", { class: "scale-text" });
  furniture.append(bar, barText);
  const mid: Point = [(w + e) / 2, (s + n) / 2];
  const [, y0] = place(...mid);
  const [, y1] = place(mid[0], mid[1] + 0.1);
  const perMetre = Math.abs(y1 - y0) / 11_120;

  // -- zoom -----------------------------------------------------------------------
  let view: ZoomTransform = zoomIdentity;
  const on = (at: Point): Point => [view.applyX(at[0]), view.applyY(at[1])];
  let paper = 0;
  const unit = (): number => WIDTH / Math.max(paper || root.clientWidth, 320); // picture units a CSS pixel
  const behaviour = zoom<SVGSVGElement, unknown>()
    .scaleExtent([0.12, 40])
    .filter((event: Event) => {
      // The page scrolls as usual: the wheel zooms only with Ctrl or ⌘, a finger pans
      // only together with a second one.
      if (event.type === "wheel") return (event as WheelEvent).ctrlKey || (event as WheelEvent).metaKey;
      if (event.type.startsWith("touch")) return (event as TouchEvent).touches.length > 1;
      return !(event as MouseEvent).button;
    })
    .on("zoom", (event: D3ZoomEvent<SVGSVGElement, unknown>) => {
      view = event.transform;
      ground.setAttribute("transform", view.toString());
      settle();
    });
  const selection = select(root);
  selection.call(behaviour).on("dblclick.zoom", null);
  const fit = (box: [number, number, number, number]): void => {
    const corners: Point[] = [place(box[0], box[1]), place(box[2], box[1]), place(box[0], box[3]), place(box[2], box[3])];
    const xs = corners.map((c) => c[0]);
    const ys = corners.map((c) => c[1]);
    const [x0, x1, ya, yb] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const k = Math.min((WIDTH - 40) / (x1 - x0), (height - 40) / (yb - ya));
    behaviour.transform(
      selection,
      zoomIdentity.translate(WIDTH / 2 - (k * (x0 + x1)) / 2, height / 2 - (k * (ya + yb)) / 2).scale(k),
    );
  };
  root.addEventListener("keydown", (event) => {
    const step = 60;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => behaviour.translateBy(selection, step / view.k, 0),
      ArrowRight: () => behaviour.translateBy(selection, -step / view.k, 0),
      ArrowUp: () => behaviour.translateBy(selection, 0, step / view.k),
      ArrowDown: () => behaviour.translateBy(selection, 0, -step / view.k),
      "+": () => behaviour.scaleBy(selection, 1.4),
      "=": () => behaviour.scaleBy(selection, 1.4),
      "-": () => behaviour.scaleBy(selection, 1 / 1.4),
      "0": () => fit(raw.near),
    };
    const move = moves[event.key];
    if (move && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      move();
    }
  });

  // -- what moves with time and zoom ------------------------------------------------
  interface Box { x0: number; y0: number; x1: number; y1: number }
  let taken: Box[] = [];
  const free = (box: Box): boolean =>
    box.x0 > 2 && box.x1 < WIDTH - 2 && box.y0 > 2 && box.y1 < height - 2 &&
    taken.every((b) => box.x1 < b.x0 || box.x0 > b.x1 || box.y1 < b.y0 || box.y0 > b.y1);
  const shown = (name: string): boolean => !root.classList.contains(`no-${name}`);
  /** Try the places round a point; the first free one wins. */
  const settleLabel = (node: SVGTextElement, at: Point, text: string, size: number, gap: number, must: boolean, eastward = false): void => {
    const wide = text.length * size * 0.6;
    const tries: [number, number, string][] = [
      ...(eastward
        ? ([[-gap, size * 0.35, "end"], [gap, size * 0.35, "start"]] as [number, number, string][])
        : ([[gap, size * 0.35, "start"], [-gap, size * 0.35, "end"]] as [number, number, string][])),
      [0, -gap, "middle"], [0, gap + size * 0.8, "middle"],
      [gap, -gap * 0.8, "start"], [-gap, -gap * 0.8, "end"], [gap, gap + size * 0.5, "start"], [-gap, gap + size * 0.5, "end"],
    ];
    let best: Box | null = null;
    let fewest = must ? Infinity : 1;
    for (const [dx, dy, anchor] of tries) {
      let x0 = at[0] + dx - (anchor === "end" ? wide : anchor === "middle" ? wide / 2 : 0);
      // What must be told is pushed back into the frame rather than cut off.
      if (must) x0 = Math.max(6, Math.min(WIDTH - 6 - wide, x0));
      const box = { x0, y0: at[1] + dy - size, x1: x0 + wide, y1: at[1] + dy + size * 0.25 };
      const clashes = free(box) ? 0 : 1 + taken.filter((b) => !(box.x1 < b.x0 || box.x0 > b.x1 || box.y1 < b.y0 || box.y0 > b.y1)).length;
      if (clashes < fewest) [best, fewest] = [box, clashes];
      if (clashes === 0) break;
    }
    node.style.display = best ? "" : "none";
    if (!best) return;
    taken.push(best);
    node.textContent = text;
    node.setAttribute("x", best.x0.toFixed(1));
    node.setAttribute("y", (best.y1 - size * 0.25).toFixed(1));
    node.style.fontSize = `${size.toFixed(1)}px`;
  };
  const put = (node: Element, at: Point, scale = 1): void =>
    node.setAttribute("transform", `translate(${at[0].toFixed(1)},${at[1].toFixed(1)}) scale(${scale.toFixed(3)})`);
  const inView = ([x, y]: Point): boolean => x > -30 && x < WIDTH + 30 && y > -30 && y < height + 30;

  function settle(): void {
    const t = now.t;
    const u = unit();
    taken = [];
    // Paths up to now.
    for (const track of drawn) {
      const upTo = lastAtMost(track.t, t);
      for (const piece of track.pieces) {
        const begun = upTo >= piece.from;
        let d = "";
        if (begun) {
          const points = track.at.slice(piece.from, Math.min(piece.to, upTo) + 1);
          if (upTo < piece.to && upTo + 1 < track.t.length) points.push(between(track, t));
          d = line(points);
        }
        piece.node.setAttribute("d", d);
        piece.core?.setAttribute("d", d);
      }
    }
    // In a night of many flights those long over, or yet to come, step back.
    if (truePaths.length > 3)
      for (const { node, from, to } of truePaths) node.classList.toggle("away", t < from - 60 || t > to + 900);
    // Symbols where the objects are, a small cross where one was last kept.
    const living: { track: Drawn; at: Point; p: number }[] = [];
    for (const track of drawn) {
      const i = lastAtMost(track.t, t);
      const over = i === track.t.length - 1 && t - track.t[i]! > 30;
      const at = i < 0 ? null : on(between(track, t));
      const alive = at !== null && !over && inView(at);
      track.symbol.style.display = alive ? "" : "none";
      track.last.style.display = at !== null && over ? "" : "none";
      track.label.style.display = "none";
      if (at && over) put(track.last, at, u);
      if (alive) {
        put(track.symbol, at, u);
        const half = (track.chapter ? 17 : 11) * u;
        taken.push({ x0: at[0] - half, x1: at[0] + half, y0: at[1] - half, y1: at[1] + half });
        living.push({ track, at, p: track.p[Math.min(i + 1, track.p.length - 1)]! });
      }
    }
    if (shown("entry"))
      for (const entry of entries) {
        const i = lastAtMost(entry.t, t);
        const inside = living.some(({ track, p }) => track.id === entry.id && p > 1.5);
        const current = i >= 0 && t - entry.t[i]! <= 30 && !inside;
        for (const node of [entry.circle, entry.mark, entry.label]) node.style.display = current ? "" : "none";
        if (!current) continue;
        const at = entry.at[i]!;
        entry.circle.setAttribute("cx", String(at[0]));
        entry.circle.setAttribute("cy", String(at[1]));
        entry.circle.setAttribute("r", String(entry.sigma[i]! * perMetre));
        put(entry.mark, on(at), u);
        const text = `likely entry ± ${(entry.sigma[i]! / 1000).toFixed(0)} km`;
        settleLabel(entry.label, on(at), text, 14 * u, 14 * u, false);
      }
    if (shown("tracks")) {
      living.sort((a, b) => Number(b.track.chapter) - Number(a.track.chapter));
      const many = living.length > 40;
      for (const { track, at, p } of living) {
        if (!track.chapter && many && view.k < 2) continue;
        const chance = p > 1.5 ? "inside" : Number.isFinite(p) ? percent(p) : "no forecast";
        const text = track.chapter ? [String(track.id), ...(phone ? [] : [track.kind]), chance].join(" · ") : String(track.id);
        const gap = (track.chapter ? 21 : 14) * u;
        // The label goes ahead of the object, where its own path is not.
        const cameFrom = on(between(track, t - 90));
        settleLabel(track.label, at, text, (track.chapter ? 15.5 : 12.5) * u, gap, track.chapter, cameFrom[0] > at[0] + 4 * u);
      }
    }
    if (shown("truth"))
      for (const end of ends) {
        const at = on(end.at);
        put(end.node, at, u);
        if (!end.text) continue;
        const box = { x0: at[0] + 6 * u, x1: at[0] + (8 + end.length * 7.4) * u, y0: at[1] - 9 * u, y1: at[1] + 6 * u };
        const ok = free(box);
        end.text.style.display = ok ? "" : "none";
        if (ok) taken.push(box);
      }
    if (shown("sensors"))
      for (const post of posts) {
        const at = on(post.at);
        put(post.node, at, u);
        if (inView(at)) taken.push({ x0: at[0] - 6 * u, x1: at[0] + 6 * u, y0: at[1] - 6 * u, y1: at[1] + 6 * u });
      }
    for (const town of towns) {
      const at = on(town.at);
      const wide = (town.people >= 200_000 ? 8.4 : 7.2) * town.name.length;
      const box = { x0: at[0] - 4 * u, x1: at[0] + (wide + 10) * u, y0: at[1] - 9 * u, y1: at[1] + 8 * u };
      const ok = shown("places") && free(box);
      town.node.style.display = ok ? "" : "none";
      if (ok) {
        put(town.node, at, u);
        taken.push(box);
      }
    }
    // Scale bar of a round length.
    const unitsPerKm = perMetre * 1000 * view.k;
    const wanted = 150 * u;
    const lengths = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
    const km = lengths.filter((l) => l * unitsPerKm <= wanted).pop() ?? 1;
    const long = km * unitsPerKm;
    const x = 18 * u;
    const y = height - 18 * u;
    bar.setAttribute("d", `M${x},${y - 6 * u}V${y}H${x + long}V${y - 6 * u}`);
    bar.style.strokeWidth = `${1.6 * u}px`;
    barText.textContent = `${km} km`;
    barText.setAttribute("x", String(x + 4 * u));
    barText.setAttribute("y", String(y - 7 * u));
    barText.style.fontSize = `${13 * u}px`;
    for (const area of warned) {
      if (!area) continue;
      let active = 0;
      for (const [from, state] of area.changes) if (t >= from) active = state;
      area.node.style.display = active ? "" : "none";
    }
  }
  function between(track: Drawn, t: number): Point {
    const i = Math.max(lastAtMost(track.t, t), 0);
    const a = track.at[Math.max(i, 0)]!;
    const b = track.at[Math.min(i + 1, track.at.length - 1)]!;
    const span = (track.t[i + 1] ?? NaN) - track.t[i]!;
    const share = span > 0 ? Math.max(0, Math.min((t - track.t[i]!) / span, 1)) : 0;
    return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
  }

  // -- controls -------------------------------------------------------------------
  const boxes = LAYERS.filter(([name]) => name !== "dust" || raw.dust.length).map(([name, words, on0]) => {
    const input = html("input", { type: "checkbox", checked: on0 });
    root.classList.toggle(`no-${name}`, !on0);
    input.addEventListener("change", () => {
      root.classList.toggle(`no-${name}`, !input.checked);
      settle();
    });
    return html("label", { class: "chip" }, input, html("span", {}, words));
  });
  const button = (text: string, words: string, act: () => void): HTMLButtonElement => {
    const sign = text.length === 1; // only a sign needs a name besides its text
    const node = html("button", { type: "button", title: words, ...(sign ? { "aria-label": words } : {}) }, text);
    node.addEventListener("click", act);
    return node;
  };
  const zooms = html("div", { class: "zooms", role: "group", "aria-label": "Zoom" },
    button("+", "Zoom in", () => behaviour.scaleBy(selection, 1.5)),
    button("−", "Zoom out", () => behaviour.scaleBy(selection, 1 / 1.5)),
    button("Near the border", "Show where it matters", () => fit(raw.near)),
    button("Whole night", "Show every path", () => fit(raw.whole)));

  const [t0, t1] = [raw.t0 / 10, raw.t1 / 10];
  const slider = html("input", { type: "range", min: 0, max: Math.round(t1 - t0), step: 5, "aria-label": "Time of night" });
  const readout = html("output", { class: "readout" });
  slider.addEventListener("input", () => now.set(t0 + Number(slider.value)));
  let timer = 0;
  const play = button("▶ Play", "Play the night, a minute a second", () => {
    if (timer) return stop();
    if (now.t >= t1 - 1) now.set(t0);
    play.textContent = "❚❚ Pause";
    timer = window.setInterval(() => {
      now.set(Math.min(now.t + 6, t1));
      if (now.t >= t1) stop();
    }, 100);
  });
  const stop = (): void => {
    window.clearInterval(timer);
    timer = 0;
    play.textContent = "▶ Play";
  };
  const jumps = moments(raw).map(([at, words]) =>
    html("button", { type: "button", class: "jump" }, html("b", {}, clock.local(at)), ` ${words}`));
  jumps.forEach((node, i) => node.addEventListener("click", () => { stop(); now.set(moments(raw)[i]![0]); }));

  const swatch = (step: Step): SVGSVGElement =>
    svg("svg", { width: 34, height: 12, "aria-hidden": true },
      svg("path", { d: "M2,6H32", style: `stroke:${step.colour};stroke-width:${step.width}px` }),
      ...(step === INSIDE ? [svg("path", { d: "M2,6H32", class: "core" })] : []));
  const key = (picture: Element, words: string): HTMLLIElement => html("li", {}, picture, html("span", {}, words));
  const mini = (...children: SVGElement[]): SVGSVGElement =>
    svg("svg", { width: 34, height: 18, viewBox: "-17 -9 34 18", "aria-hidden": true }, ...children);
  const used = [...new Set(raw.tracks.filter((t) => t.c || raw.tracks.length < 400).map((t) => t.sym))].sort();
  const legend = html("div", { class: "legend" },
    html("div", {}, html("p", { class: "key-title" }, `Chance of entry within ${horizonName(raw.horizon)}`),
      html("ul", {}, ...STEPS.map((step) => key(swatch(step), step.name)), key(swatch(INSIDE), INSIDE.name))),
    html("div", {}, html("p", { class: "key-title" }, "Marks"),
      html("ul", {},
        key(mini(svg("path", { d: "M-15,0H15", class: "true chapter" })), "true path"),
        key(mini(svg("g", { class: "track unproven" }, svg("path", { d: "M-14,0H15", class: "piece", style: "stroke:#a31b3c;stroke-width:3px" }))), "nothing flew there, or never confirmed"),
        key(mini(svg("path", { d: "M0,-8L8,0L0,8L-8,0Z", class: "entry-key" })), "likely entry, circle: spread (1 σ)"),
        key(mini(svg("rect", { x: -13, y: -7, width: 26, height: 14, class: "warned" })), "district warned by now"),
        key(mini(svg("path", { d: "M0,-6L5.5,4.5H-5.5Z", class: "mast-key" })), "sensor; ring: greatest reach"),
        key(mini(svg("path", { d: "M-4,-4L4,4M-4,4L4,-4", class: "last" })), "where a track was last kept"))),
    html("div", {}, html("p", { class: "key-title" }, "Symbols (NATO APP-6)"),
      html("ul", {}, ...used.map((name) => key(placeSymbol(name, 24), SYMBOL_WORDS[name] ?? name))),
      html("p", { class: "fine" }, "By the likeliest class; the affiliation is assumed from it. S: simulation.")));

  const stage = html("div", { class: "stage" }, zooms, root as unknown as Node,
    html("p", { class: "on-map" }, "© OpenStreetMap contributors, ODbL · GeoNames CC BY 4.0"));
  host.replaceChildren(
    html("div", { class: "time" },
      html("div", { class: "time-row" }, play, slider, readout),
      html("div", { class: "jumps", role: "group", "aria-label": "Jump to a moment" }, ...jumps)),
    stage,
    html("fieldset", { class: "layers" }, html("legend", {}, "Show"), ...boxes),
    legend,
    html("p", { class: "fine no-print" }, "Drag to move; Ctrl or ⌘ with the wheel, two fingers, or the buttons to zoom. With the map in focus: arrow keys, + and −, 0."),
  );
  now.follow((t) => {
    slider.value = String(Math.round(t - t0));
    slider.setAttribute("aria-valuetext", `${clock.local(t)} local, ${clock.utc(t)} UTC`);
    readout.replaceChildren(html("b", {}, clock.local(t)), html("span", {}, `${clock.utc(t)} UTC`));
    settle();
  });
  fit(raw.near);
  new ResizeObserver(() => settle()).observe(root);
  window.addEventListener("beforeprint", () => { paper = 688; settle(); });
  window.addEventListener("afterprint", () => { paper = 0; settle(); });
}

/** Moments worth a button, in order of time. */
function moments(raw: Raw): [number, string][] {
  const out: [number, string][] = [];
  for (const chapter of raw.chapters.slice(0, 3)) {
    const first = chapter.alerts[0];
    if (first) out.push([first.t / 10, `warning: ${first.n}`]);
    for (const [a, b] of chapter.truth.slice(0, 2)) {
      if (a !== null) out.push([a / 10, `track ${chapter.id} enters`]);
      if (a !== null && b !== null) out.push([b / 10, `leaves after ${lasting(moment(b) - moment(a))}`]);
    }
    if (!chapter.truth.length && chapter.where.t.length) {
      const t = seconds(chapter.where.t);
      const p = chances(chapter.where.p);
      const i = p.indexOf(Math.max(...p));
      if (p[i]! >= 0.1) out.push([t[i]!, `track ${chapter.id}: ${percent(p[i]!)}`]);
    }
  }
  out.push([raw.t1 / 10, "end"]);
  const seen = new Set<string>();
  return out
    .sort((a, b) => a[0] - b[0])
    .filter(([t, words]) => !seen.has(`${t}${words}`) && seen.add(`${t}${words}`))
    .slice(0, 8);
}

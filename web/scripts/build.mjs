// Writes the bundle that ships inside the Python package. The same input gives the
// same bytes: no hash, no date, no path in the output.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
// `node scripts/build.mjs FOLDER` writes elsewhere, to compare.
const out = process.argv[2] ? `${process.argv[2]}/` : here("../../src/forefield/report/static/");
const version = (name) =>
  JSON.parse(readFileSync(here(`../node_modules/${name}/package.json`), "utf8")).version;

const notice = (code) => `/*! Forefield report. Apache-2.0. Source: web/ in the repository.
${code}*/`;
const d3 = ["d3-geo", "d3-scale", "d3-selection", "d3-shape", "d3-zoom"]
  .map((name) => `${name} ${version(name)}`)
  .join(", ");

await build({
  entryPoints: [here("../src/report.ts")],
  outfile: `${out}report.js`,
  absWorkingDir: here(".."),
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2021",
  charset: "utf8",
  legalComments: "none",
  banner: {
    js: notice(
      `    Contains ${d3} and the d3 modules they use:\n` +
        `    Copyright 2010-2023 Mike Bostock, ISC licence (d3-ease also BSD-3-Clause).\n` +
        `    Symbols drawn with milsymbol ${version("milsymbol")},\n` +
        `    Copyright Måns Beckman (spatialillusions.com), MIT licence.\n`,
    ),
  },
});
await build({
  entryPoints: [here("../src/report.css")],
  outfile: `${out}report.css`,
  absWorkingDir: here(".."),
  bundle: true,
  minify: true,
  target: ["chrome109", "firefox115", "safari16"],
  charset: "utf8",
  legalComments: "none",
  banner: { css: notice("") },
});
for (const name of ["report.js", "report.css"]) {
  const size = readFileSync(out + name).length;
  console.log(`${name} ${(size / 1000).toFixed(1)} kB`);
  if (size > 250_000) throw new Error(`${name} is larger than 250 kB`);
}

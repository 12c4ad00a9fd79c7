// Draws the few APP-6(D) air symbols we need, once, into a small module, so that
// milsymbol itself (MIT, © 2015-present Måns Beckman, spatialillusions.com) is not shipped.
import { writeFileSync } from "node:fs";
import ms from "milsymbol";

// 20 digits: version 10, context 2 (simulation), identity, symbol set (01 air, 02 air
// missile), status 0, HQ/dummy 0, amplifier 00, entity 6 digits, modifiers 4 digits.
const SYMBOLS = {
  "hostile-missile": "10260200001100000000",
  "suspect-missile": "10250200001100000000",
  "friend-missile": "10230200001100000000",
  "hostile-uav": "10260100001103000000",
  "suspect-uav": "10250100001103000000",
  "unknown-fixed-wing": "10210100001101000000",
  "neutral-civil": "10240100001201000000",
  "unknown-balloon": "10210100001204000000",
  "unknown-air": "10210100000000000000",
};

const lines = [];
for (const [name, sidc] of Object.entries(SYMBOLS)) {
  const symbol = new ms.Symbol(sidc, { size: 100, strokeWidth: 5 });
  if (!symbol.isValid()) throw new Error(`${name}: ${sidc} is no valid SIDC`);
  const svg = symbol.asSVG();
  const viewBox = /viewBox="([^"]+)"/.exec(svg)?.[1];
  const inner = svg
    .replace(/^<svg[^>]*>/, "")
    .replace(/<\/svg>$/, "")
    .replace(/ ?font-family="[^"]*"/g, "")
    .replace(/\s+>/g, ">");
  if (!viewBox) throw new Error(`${name}: no viewBox`);
  lines.push(
    `  ${JSON.stringify(name)}: {\n    sidc: "${sidc}",\n    viewBox: "${viewBox}",\n` +
      `    body: ${JSON.stringify(inner)},\n  },`,
  );
}
writeFileSync(
  process.argv[2] ?? new URL("../src/symbols.gen.ts", import.meta.url),
  `// Made by scripts/symbols.mjs with milsymbol (MIT, © Måns Beckman). Do not edit.\n\n` +
    `export interface Symbol {\n  sidc: string;\n  viewBox: string;\n  body: string;\n}\n\n` +
    `export const SYMBOLS: Record<string, Symbol> = {\n${lines.join("\n")}\n};\n`,
);

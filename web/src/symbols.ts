import { svg } from "./dom";
import { SYMBOLS } from "./symbols.gen";

/** An APP-6 symbol as its own small picture, centred on its frame. */
export function placeSymbol(name: string, size: number): SVGSVGElement {
  const symbol = SYMBOLS[name] ?? SYMBOLS["unknown-air"]!;
  const node = svg("svg", { viewBox: symbol.viewBox, width: size, height: size, class: "app6" });
  node.innerHTML = symbol.body;
  return node;
}

export const SYMBOL_WORDS: Record<string, string> = {
  "hostile-missile": "missile, hostile",
  "suspect-missile": "missile, suspect",
  "friend-missile": "air-defence missile, friend",
  "hostile-uav": "drone, hostile",
  "suspect-uav": "drone, suspect",
  "unknown-fixed-wing": "aircraft, unknown",
  "neutral-civil": "civil aircraft, neutral",
  "unknown-balloon": "balloon, unknown",
  "unknown-air": "air object, unknown",
};

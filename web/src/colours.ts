// One sequential scale for the chance of entry: darker *and* wider is likelier, so that
// it reads without colour vision and on a grey printer. Steps after ColorBrewer's YlOrRd
// idea, darkened until each has 3:1 against the land.

export interface Step { upTo: number; colour: string; width: number; name: string }

export const STEPS: Step[] = [
  { upTo: 0.01, colour: "#7d8b99", width: 1.3, name: "under 1 %" },
  { upTo: 0.1, colour: "#b0741a", width: 2, name: "1–10 %" },
  { upTo: 0.3, colour: "#c4501c", width: 2.8, name: "10–30 %" },
  { upTo: 0.6, colour: "#a31b3c", width: 3.6, name: "30–60 %" },
  { upTo: 1.5, colour: "#5a0f4d", width: 4.6, name: "60–100 %" },
];
export const INSIDE: Step = { upTo: Infinity, colour: "#101418", width: 5.4, name: "inside the guarded airspace" };
export const UNKNOWN: Step = { upTo: NaN, colour: "#7d8b99", width: 1.3, name: "no forecast" };

export function stepOf(p: number): Step {
  if (!Number.isFinite(p)) return UNKNOWN;
  if (p > 1.5) return INSIDE;
  return STEPS.find((s) => p < s.upTo) ?? STEPS[STEPS.length - 1]!;
}

export const HORIZON_COLOURS = ["#6a9bc3", "#4a80b0", "#2a6499", "#0b4272", "#3a3f45"];

export interface Tone { fill: string; ink: string; line: string }

/** Verdicts in five tones: law bars, hold, not possible, waiting, no bar found. */
export function toneOf(code: string): Tone {
  if (code.startsWith("HOLD")) return { fill: "#fbe3b0", ink: "#4a3200", line: "#9a6a00" };
  if (code === "NOT_FEASIBLE" || code === "LAPSED")
    return { fill: "#ffffff", ink: "#48525c", line: "#8b96a1" };
  if (code === "AWAITING_ANSWER") return { fill: "#d7e7f6", ink: "#0b3a66", line: "#2a6499" };
  if (code === "NO_BAR_FOUND_FOR_HUMAN_DECISION")
    return { fill: "#cfeadd", ink: "#0b4a30", line: "#1c7a52" };
  return { fill: "#dfe2e8", ink: "#26303a", line: "#5d6975" };
}

export const CODE_WORDS: Record<string, string> = {
  OUT_OF_SCOPE: "outside the mandate",
  NATIONAL_LAW: "national law decides",
  REFUSE_PROTECTED: "refused: may be protected",
  NO_HOST_CONSENT: "no consent of the host",
  NO_DOMESTIC_BASIS: "no basis in own law",
  NO_AGREED_PROCEDURE: "no agreed procedure",
  HOLD_EVIDENCE: "hold: evidence too weak",
  HOLD_DEBRIS: "hold: debris over people",
  NOT_FEASIBLE: "not possible in time",
  AWAITING_ANSWER: "waiting for an answer",
  REFUSED_BY_HOLDER: "refused by a holder",
  LAPSED: "time has passed",
  NO_BAR_FOUND_FOR_HUMAN_DECISION: "no bar found: a human decides",
};

export const CHANNEL_WORDS: Record<string, string> = {
  sms: "text message",
  siren: "siren",
  radio: "radio",
  app: "phone app",
  cell: "cell broadcast",
  cell_broadcast: "cell broadcast",
  tv: "television",
};

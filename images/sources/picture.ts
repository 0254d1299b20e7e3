/** x and y in the picture's own units: a picture is 838 wide, as a README shows it. */
export type Point = readonly [x: number, y: number];

export const WIDTH = 838;

export type Glyph =
  | "branch"
  | "api"
  | "bus"
  | "rule"
  | "clock"
  | "workflow"
  | "function"
  | "table"
  | "machine";

export interface Part {
  /** The middle of its icon. */
  readonly at: Point;
  readonly glyph: Glyph;
  /** The service's full name, e.g. `Amazon EventBridge`. */
  readonly service: string;
  /** What it is here, a line each. */
  readonly names: readonly string[];
}

export interface Frame {
  readonly kind: "cloud" | "region" | "stack" | "vpc";
  readonly title: string;
  readonly from: Point;
  readonly to: Point;
}

export interface Arrow {
  readonly points: readonly Point[];
  /** A call or an event; data is read or written without a step of its own. */
  readonly kind: "step" | "data";
  /** The step's number, and where on the arrow it stands. */
  readonly step?: { readonly number: number; readonly at: Point };
}

export interface Picture {
  /** Name of the files, without an ending. */
  readonly name: string;
  readonly title: string;
  readonly frames: readonly Frame[];
  readonly parts: readonly Part[];
  readonly arrows: readonly Arrow[];
  /** What happens at each step, in order: the first is step 1. */
  readonly steps: readonly string[];
}

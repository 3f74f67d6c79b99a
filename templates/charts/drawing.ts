/** What every chart is: a finished SVG document of a known size, drawn in the colours it is given. */

export type Drawing = { readonly svg: string; readonly width: number; readonly height: number };

/** Colours as CSS text. The page gives custom properties, so that one drawing serves light and dark. */
export type Palette = {
  readonly background: string;
  readonly ink: string;
  readonly muted: string;
  readonly line: string;
  readonly band: string;
  readonly balance: string;
  readonly gain: string;
  readonly loss: string;
  readonly failed: string;
  readonly even: string;
};

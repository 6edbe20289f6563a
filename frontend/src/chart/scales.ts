/**
 * Scales: values to pixels and back.
 *
 * A value that a scale cannot hold (NaN, an infinity, zero or less on a log scale) maps to a
 * pixel that is not finite; whoever draws treats it as a gap.
 */

import type { Domain, ScaleKind } from "./types";

export interface Scale {
  readonly kind: ScaleKind;
  readonly domain: Domain;
  /** Pixels of the domain's two ends; the first may be the larger, as on a y axis. */
  readonly range: Domain;
  map(value: number): number;
  invert(pixel: number): number;
}

/** Decades that symlog gives to each sign; what is nearer to zero is linear. */
const SYMLOG_DECADES = 4;

export function linearScale(domain: Domain, range: Domain): Scale {
  const span = domain[1] - domain[0];
  const slope = span === 0 ? 0 : (range[1] - range[0]) / span;
  const offset = span === 0 ? (range[0] + range[1]) / 2 : range[0] - slope * domain[0];
  return {
    kind: "linear",
    domain,
    range,
    // Subtracting first keeps milliseconds apart on an axis of seconds since the epoch.
    map: span === 0 ? () => offset : (value) => range[0] + (value - domain[0]) * slope,
    invert: (pixel) => (slope === 0 ? domain[0] : domain[0] + (pixel - range[0]) / slope),
  };
}

export function logScale(domain: Domain, range: Domain): Scale {
  const inner = linearScale([Math.log10(domain[0]), Math.log10(domain[1])], range);
  return {
    kind: "log",
    domain,
    range,
    map: (value) => (value > 0 ? inner.map(Math.log10(value)) : Number.NaN),
    invert: (pixel) => 10 ** inner.invert(pixel),
  };
}

/** Up to where a symlog scale is linear: a power of ten, from the domain alone. */
export function symlogUnit([low, high]: Domain): number {
  const size = Math.max(Math.abs(low), Math.abs(high));
  return size > 0 ? 10 ** (Math.floor(Math.log10(size)) - SYMLOG_DECADES + 1) : 1;
}

export function symlogScale(domain: Domain, range: Domain): Scale {
  const unit = symlogUnit(domain);
  const bend = (value: number): number => Math.sign(value) * Math.log10(1 + Math.abs(value) / unit);
  const inner = linearScale([bend(domain[0]), bend(domain[1])], range);
  return {
    kind: "symlog",
    domain,
    range,
    map: (value) => inner.map(bend(value)),
    invert: (pixel) => {
      const bent = inner.invert(pixel);
      return Math.sign(bent) * unit * (10 ** Math.abs(bent) - 1);
    },
  };
}

export function scaleOf(kind: ScaleKind, domain: Domain, range: Domain): Scale {
  if (kind === "log") return logScale(domain, range);
  return kind === "symlog" ? symlogScale(domain, range) : linearScale(domain, range);
}

/**
 * Scales: values to pixels and back.
 *
 * A value that a scale cannot hold (NaN, an infinity, zero or less on a log scale) maps to a
 * pixel that is not finite; whoever draws treats it as a gap.
 */

import type { Domain } from "./types";

export interface Scale {
  readonly log: boolean;
  readonly domain: Domain;
  /** Pixels of the domain's two ends; the first may be the larger, as on a y axis. */
  readonly range: Domain;
  map(value: number): number;
  invert(pixel: number): number;
}

export function linearScale(domain: Domain, range: Domain): Scale {
  const span = domain[1] - domain[0];
  const slope = span === 0 ? 0 : (range[1] - range[0]) / span;
  const offset = span === 0 ? (range[0] + range[1]) / 2 : range[0] - slope * domain[0];
  return {
    log: false,
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
    log: true,
    domain,
    range,
    map: (value) => (value > 0 ? inner.map(Math.log10(value)) : Number.NaN),
    invert: (pixel) => 10 ** inner.invert(pixel),
  };
}

export function scaleOf(log: boolean, domain: Domain, range: Domain): Scale {
  return log ? logScale(domain, range) : linearScale(domain, range);
}

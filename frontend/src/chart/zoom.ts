/** A stack of x domains: each drag goes one deeper, each double click comes one back. */

import { scaleOf } from "./scales";
import type { Domain, ScaleKind } from "./types";

const DEEPEST = 50;

export class ZoomStack {
  private readonly domains: Domain[] = [];

  get current(): Domain | null {
    return this.domains.at(-1) ?? null;
  }

  get depth(): number {
    return this.domains.length;
  }

  push(domain: Domain): void {
    this.domains.push(domain);
    if (this.domains.length > DEEPEST) this.domains.shift();
  }

  /** Moves the present view without going deeper, as a pan or a wheel does. */
  replace(domain: Domain): void {
    this.domains.pop();
    this.domains.push(domain);
  }

  pop(): void {
    this.domains.pop();
  }

  set(domain: Domain | null): void {
    this.domains.length = 0;
    if (domain) this.domains.push(domain);
  }
}

/** A domain made `factor` times as wide, with `around` staying where it is. */
export function scaled(domain: Domain, factor: number, around: number): Domain {
  return [around - (around - domain[0]) * factor, around + (domain[1] - around) * factor];
}

/** A domain moved back inside the whole; null when it shows the whole or more. */
export function within(domain: Domain, whole: Domain): Domain | null {
  const width = domain[1] - domain[0];
  if (width >= (whole[1] - whole[0]) * 0.999) return null;
  const left = Math.min(Math.max(domain[0], whole[0]), whole[1] - width);
  return [left, left + width];
}

/** Changes a domain where its axis is even, so that a pan on a log axis moves as the pointer does. */
export function evenly(
  kind: ScaleKind,
  whole: Domain,
  domain: Domain,
  change: (domain: Domain, whole: Domain, place: (value: number) => number) => Domain | null,
): Domain | null {
  if (kind === "linear") return change(domain, whole, (value) => value);
  const scale = scaleOf(kind, whole, [0, 1]);
  const changed = change([scale.map(domain[0]), scale.map(domain[1])], [0, 1], scale.map);
  return changed && [scale.invert(changed[0]), scale.invert(changed[1])];
}

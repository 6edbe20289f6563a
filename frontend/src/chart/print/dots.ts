/**
 * Dots: a path of nothing but circles of one size, which print formats can say far shorter, as
 * strokes of no length with round ends.
 */

export class Dots {
  private places: string[] = [];
  private radius = 0;
  private even = true;

  constructor(private readonly write: (value: number) => string) {}

  clear(): void {
    this.places = [];
    this.even = true;
  }

  add(x: number, y: number, radius: number): void {
    if (this.places.length === 0) this.radius = radius;
    else if (radius !== this.radius) this.even = false;
    this.places.push(`${this.write(x)} ${this.write(y)}`);
  }

  /** The circles, if a path of `length` commands is nothing else; `each` is a circle's commands. */
  of(length: number, each: number): { places: readonly string[]; radius: number } | null {
    const { places, radius, even } = this;
    const isAll = places.length > 1 && places.length * each === length;
    return even && isAll ? { places, radius } : null;
  }
}

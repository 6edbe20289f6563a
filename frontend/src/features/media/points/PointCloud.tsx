/** A cloud of points, to be turned with the pointer or the arrows. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { fileQuery } from "../../../api/objects";
import { runColor } from "../../../chart";
import { count } from "../../../kit/format";
import { useTheme } from "../../../kit/theme";
import { type Size, useSize } from "../../../kit/useSize";
import { useUrl } from "../context";
import { begin, themeOf } from "../histogram/paint";
import type { Item } from "../values";
import { type Cloud, FIRST_TURN, projected, readCloud, type Turn } from "./cloud";
import styles from "./PointCloud.module.css";

const BY_KEY = 0.15; // radians
const BY_PIXEL = 0.01;

export function PointCloud({ item, name }: { item: Item; name: string }) {
  const url = useUrl()(item);
  const { data } = useQuery({ ...fileQuery(url ?? ""), enabled: url !== null });
  const cloud = useMemo(() => (data === undefined ? null : readCloud(data)), [data]);
  return <div className={styles.host}>{cloud && <Turned cloud={cloud} name={name} />}</div>;
}

function Turned({ cloud, name }: { cloud: Cloud; name: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(canvas);
  const theme = useTheme();
  const [turn, setTurn] = useState<Turn>(FIRST_TURN);
  useEffect(() => {
    const context = size && canvas.current && begin(canvas.current, size);
    if (size && context) paint(context, size, cloud, turn, theme);
  }, [cloud, size, turn, theme]);
  const by = (around: number, over: number, scale = 1) =>
    setTurn((before) => ({
      around: before.around + around,
      over: Math.min(1.5, Math.max(-1.5, before.over + over)),
      scale: Math.min(20, Math.max(0.3, before.scale * scale)),
    }));
  const acts: Record<string, () => void> = {
    ArrowLeft: () => by(-BY_KEY, 0),
    ArrowRight: () => by(BY_KEY, 0),
    ArrowUp: () => by(0, -BY_KEY),
    ArrowDown: () => by(0, BY_KEY),
    "+": () => by(0, 0, 1.25),
    "-": () => by(0, 0, 0.8),
    "0": () => setTurn(FIRST_TURN),
  };
  return (
    <canvas
      ref={canvas}
      className={styles.canvas}
      role="img"
      aria-label={`${name}: ${count(cloud.many)} points. Arrows turn it, plus and minus scale it.`}
      tabIndex={0}
      data-testid="points"
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (event.buttons & 1) by(event.movementX * BY_PIXEL, event.movementY * BY_PIXEL);
      }}
      onDoubleClick={() => setTurn(FIRST_TURN)}
      onKeyDown={(event) => {
        const act = acts[event.key];
        if (!act) return;
        event.preventDefault();
        act();
      }}
    />
  );
}

function paint(
  context: CanvasRenderingContext2D,
  size: Size,
  cloud: Cloud,
  turn: Turn,
  mode: "light" | "dark",
): void {
  const spots = projected(cloud, turn);
  const side = Math.min(size.width, size.height) / 2;
  const order = Array.from({ length: cloud.many }, (_, at) => at);
  order.sort((a, b) => (spots[a * 3 + 2] as number) - (spots[b * 3 + 2] as number));
  const dot = cloud.many > 20_000 ? 1.5 : cloud.many > 4000 ? 2 : 3;
  context.clearRect(0, 0, size.width, size.height);
  for (const at of order) {
    const near = spots[at * 3 + 2] as number;
    context.globalAlpha = Math.min(1, 0.25 + 0.75 * Math.max(0, near));
    context.fillStyle = colorAt(cloud, at, mode);
    context.fillRect(
      size.width / 2 + (spots[at * 3] as number) * side,
      size.height / 2 + (spots[at * 3 + 1] as number) * side,
      dot,
      dot,
    );
  }
  context.globalAlpha = 1;
}

function colorAt({ colors, categories }: Cloud, at: number, mode: "light" | "dark"): string {
  if (colors) return `rgb(${colors[at * 3]} ${colors[at * 3 + 1]} ${colors[at * 3 + 2]})`;
  if (categories) return runColor(categories[at] ?? 0, mode);
  return themeOf(mode).accent;
}

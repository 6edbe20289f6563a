/** An image with what lies over it. It keeps its place before it has come. */
import { useEffect, useRef, useState } from "react";
import { runColor } from "../../../chart";
import { runColor as runToken } from "../../../kit/marks";
import { useTheme } from "../../../kit/theme";
import { useSize } from "../../../kit/useSize";
import { useMedia, useUrl } from "../context";
import type { Layer, Picture } from "../values";
import styles from "./Images.module.css";
import { type Area, isBackground, tinted } from "./layers";
import { type Switches, useBoxes, useMask } from "./useLayers";

interface PicturedProps {
  picture: Picture;
  alt: string;
  switches: Switches;
  onSize?: (area: Area) => void;
}

const AGAIN_MS = 3000;
const LETTERS = 12; // pixels
const SMALL = 96; // pixels: a small image is shown in its pixels, not blurred

export function Pictured({ picture, alt, switches, onSize }: PicturedProps) {
  const url = useUrl()(picture);
  const { live } = useMedia();
  const [failed, fail] = useState<string | null>(null);
  const [area, setArea] = useState<Area | null>(sizeOf(picture));
  const missing = url === null || failed === url;
  useEffect(() => {
    if (!missing || !live) return;
    const timer = setTimeout(() => fail(null), AGAIN_MS); // it may be on its way
    return () => clearTimeout(timer);
  }, [missing, live]);
  if (missing) return <span className={styles.missing}>The image is not here{live && " yet"}</span>;
  return (
    <>
      <img
        src={url}
        alt={alt}
        width={picture.width ?? undefined}
        height={picture.height ?? undefined}
        loading="lazy"
        decoding="async"
        draggable={false}
        data-small={(area?.width ?? SMALL + 1) <= SMALL || undefined}
        onError={() => fail(url)}
        onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) => {
          setArea((before) =>
            before?.width === width && before.height === height ? before : { width, height },
          );
          onSize?.({ width, height });
        }}
      />
      {picture.masks.map((layer) => (
        <MaskLayer key={`mask ${layer.name}`} layer={layer} switches={switches} />
      ))}
      {area &&
        picture.boxes.map((layer) => (
          <BoxLayer key={`box ${layer.name}`} layer={layer} area={area} switches={switches} />
        ))}
    </>
  );
}

function sizeOf({ width, height }: Picture): Area | null {
  return width && height ? { width, height } : null;
}

interface LayerProps {
  layer: Layer;
  switches: Switches;
}

function MaskLayer({ layer, switches }: LayerProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const mask = useMask(layer);
  const theme = useTheme();
  useEffect(() => {
    const canvas = ref.current;
    const context = canvas?.getContext("2d");
    if (!canvas || !context || !mask) return;
    canvas.width = mask.width;
    canvas.height = mask.height;
    const pixels = context.createImageData(mask.width, mask.height);
    const color = (of: number) =>
      switches.isOn(layer.name, of, isBackground(of, layer.labels.get(of)))
        ? runColor(of, theme)
        : null;
    tinted(mask.ids, color, pixels.data);
    context.putImageData(pixels, 0, 0);
  }, [mask, theme, switches, layer]);
  return <canvas ref={ref} className={styles.layer} aria-hidden />;
}

function BoxLayer({ layer, area, switches }: LayerProps & { area: Area }) {
  const ref = useRef<SVGSVGElement>(null);
  const found = useBoxes(layer, area);
  const place = useSize(ref, found !== undefined);
  if (!found) return null;
  const shown = found.boxes.filter(({ of }) => switches.isOn(layer.name, of, false));
  // The letters are as large as those around the image, whatever its own pixels are.
  const scale = place ? Math.min(place.width / area.width, place.height / area.height) : 0;
  const size = scale > 0 ? LETTERS / scale : 0;
  return (
    <svg
      ref={ref}
      className={styles.layer}
      viewBox={`0 0 ${area.width} ${area.height}`}
      aria-hidden="true"
      data-testid="boxes"
    >
      {shown.map((box, at) => {
        const [x, y] = [box.left * area.width, box.top * area.height];
        const above = y > size * 1.4;
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: boxes have no name
          <g key={at} style={{ "--mark": runToken(box.of) } as React.CSSProperties}>
            <rect x={x} y={y} width={box.width * area.width} height={box.height * area.height} />
            <text x={x + size * 0.2} y={above ? y - size * 0.35 : y + size} fontSize={size}>
              {box.label}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** What lies over the images of a panel, read from its files, and what of it is switched on. */
import { queryOptions, useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { fileQuery } from "../../../api/objects";
import { useUrl } from "../context";
import type { Layer, Picture } from "../values";
import { type Area, type Boxes, isBackground, partName, readBoxes } from "./layers";

export interface Mask extends Area {
  ids: Uint8Array;
  seen: readonly number[]; // the classes that occur
}

/** The numbers of classes in a file of a mask. */
const maskQuery = (url: string) =>
  queryOptions({
    queryKey: ["mask", url],
    queryFn: async ({ signal }): Promise<Mask> => {
      const answer = await fetch(url, { signal, credentials: "same-origin" });
      if (!answer.ok) throw new Error(`The mask could not be read (${answer.status}).`);
      const image = await createImageBitmap(await answer.blob(), { colorSpaceConversion: "none" });
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext("2d", { willReadFrequently: true });
      if (!context) throw new Error("This browser draws no masks.");
      context.drawImage(image, 0, 0);
      const { data, width, height } = context.getImageData(0, 0, image.width, image.height);
      const ids = new Uint8Array(width * height);
      for (let at = 0; at < ids.length; at += 1) ids[at] = data[at * 4] as number;
      return { ids, width, height, seen: [...new Set(ids)].sort((a, b) => a - b) };
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });

export function useMask(layer: Layer): Mask | undefined {
  const url = useUrl()(layer);
  return useQuery({ ...maskQuery(url ?? ""), enabled: url !== null }).data;
}

export function useBoxes(layer: Layer, area: Area): Boxes | undefined {
  const url = useUrl()(layer);
  const { width, height } = area;
  return useQuery({
    ...fileQuery(url ?? ""),
    enabled: url !== null && width > 0,
    select: (text) => readBoxes(text, { width, height }),
  }).data;
}

export interface LegendPart {
  name: string; // layer/class
  label: string;
  of: number;
  nothing: boolean; // the background of a mask
}

export interface LegendLayer {
  name: string;
  parts: readonly LegendPart[];
}

interface Noted {
  label: string | null;
  nothing: boolean;
}

const ONE: Area = { width: 1, height: 1 };

/** All classes of all layers, for the legend: those that have names, and those that occur. */
export function useLegend(pictures: readonly Picture[]): LegendLayer[] {
  const url = useUrl();
  const named = (layers: readonly Layer[]) =>
    layers.flatMap((layer) => {
      const at = url(layer);
      return at ? [{ layer, at }] : [];
    });
  const masks = named(pictures.flatMap((picture) => picture.masks));
  const boxes = named(pictures.flatMap((picture) => picture.boxes));
  const read = useQueries({ queries: masks.map(({ at }) => maskQuery(at)) });
  const listed = useQueries({ queries: boxes.map(({ at }) => fileQuery(at)) });
  // Every layer has its line from the start, so that nothing moves when its classes are known.
  const found = new Map<string, Map<number, Noted>>();
  for (const { layer } of [...masks, ...boxes]) found.set(layer.name, new Map());
  const note = (layer: string, of: number, label: string | undefined, nothing: boolean) => {
    const classes = found.get(layer);
    const before = classes?.get(of);
    classes?.set(of, {
      label: label ?? before?.label ?? null,
      nothing: nothing && (before?.nothing ?? true),
    });
  };
  masks.forEach(({ layer }, at) => {
    for (const [of, label] of layer.labels) note(layer.name, of, label, isBackground(of, label));
    for (const of of read[at]?.data?.seen ?? []) {
      const label = layer.labels.get(of);
      note(layer.name, of, label, isBackground(of, label));
    }
  });
  boxes.forEach(({ layer }, at) => {
    const text = listed[at]?.data;
    if (text === undefined) return;
    const { boxes: all, labels } = readBoxes(text, ONE);
    for (const { of } of all) note(layer.name, of, labels.get(of), false);
  });
  // What one layer does not name, another one may: a class is the same in all of them.
  const names = new Map(
    [...found.values()].flatMap((classes) =>
      [...classes].flatMap(([of, { label }]) => (label === null ? [] : [[of, label] as const])),
    ),
  );
  const called = (of: number, label: string | null) => label ?? names.get(of) ?? `class ${of}`;
  return [...found].map(([name, classes]) => ({
    name,
    parts: [...classes]
      .sort(([a], [b]) => a - b)
      .map(([of, { label, nothing }]) => ({
        name: partName(name, of),
        label: called(of, label),
        of,
        nothing,
      })),
  }));
}

export interface Switches {
  isOn: (layer: string, of: number, nothing: boolean) => boolean;
  toggle: (names: readonly string[], on: boolean) => void;
}

/** Which classes are drawn: all but the background, until somebody says otherwise. */
export function useSwitches(): Switches {
  const [said, say] = useState<ReadonlyMap<string, boolean>>(new Map());
  return useMemo(
    () => ({
      isOn: (layer, of, nothing) => said.get(partName(layer, of)) ?? !nothing,
      toggle: (names, on) => {
        say((before) => new Map([...before, ...names.map((name) => [name, on] as const)]));
      },
    }),
    [said],
  );
}

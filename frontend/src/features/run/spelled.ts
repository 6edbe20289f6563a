/** A config as other tools read it: JSON, YAML, and the words of a command line. */
import type { Json, JsonMap } from "../../api/types";
import { quoted } from "./command";

export function asJson(map: JsonMap): string {
  return JSON.stringify(map, null, 2);
}

const PLAIN = /^[A-Za-z_][\w ./-]*$/;
const TAKEN = /^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i;

/** A text as YAML reads it back: quoted wherever it could be taken for something else. */
function scalar(value: Json): string {
  if (typeof value !== "string") return JSON.stringify(value);
  const plain = PLAIN.test(value) && !TAKEN.test(value) && value.trim() === value;
  return plain ? value : JSON.stringify(value);
}

const isMap = (value: Json): value is JsonMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function asYaml(map: JsonMap, indent = ""): string {
  const lines = Object.entries(map).map(([name, value]) => {
    const key = `${indent}${scalar(name)}:`;
    if (isMap(value) && Object.keys(value).length > 0) {
      return `${key}\n${asYaml(value, `${indent}  `)}`;
    }
    return `${key} ${scalar(value)}`; // lists and empty maps as JSON, which is YAML, too
  });
  return lines.join("\n");
}

/** `--name value`, nested names with dots in between. */
export function asArguments(map: JsonMap, prefix = ""): string {
  const words = Object.entries(map).map(([name, value]) => {
    if (isMap(value) && Object.keys(value).length > 0) {
      return asArguments(value, `${prefix}${name}.`);
    }
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `${quoted(`--${prefix}${name}`)} ${quoted(text)}`;
  });
  return words.join(" ");
}

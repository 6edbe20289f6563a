/** What a run was told, what came out, and where it ran. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Copy } from "lucide-react";
import { useState } from "react";
import { runQuery } from "../../api/queries";
import type { Json, JsonMap } from "../../api/types";
import { IconButton } from "../../kit/Button";
import { CodeBlock } from "../../kit/Copyable";
import { copyText } from "../../kit/clipboard";
import { Field } from "../../kit/Field";
import { exact, fromJson, plain } from "../../kit/format";
import { Menu, MenuItem } from "../../kit/Menu";
import { toast } from "../../kit/toast";
import { Alerts } from "./Alerts";
import { Notes } from "./Notes";
import styles from "./RunPage.module.css";
import { tracebackOf } from "./Standing";
import { asArguments, asJson, asYaml } from "./spelled";

export function Overview() {
  const { owner = "", project = "", run = "" } = useParams({ strict: false });
  const { data } = useQuery(runQuery(owner, project, run));
  if (!data) return null; // the page around it says why
  const traceback = tracebackOf(data);
  return (
    <div className={styles.overview}>
      {traceback && (
        <section className={styles.traceback} aria-labelledby="traceback" data-testid="traceback">
          <h2 id="traceback">Traceback</h2>
          <CodeBlock code={traceback} label="traceback" />
        </section>
      )}
      <div className={styles.column}>
        <Alerts run={data} />
        <MapCard title="Summary" map={data.summary} none="Nothing was logged yet." />
        <Notes run={data} />
      </div>
      <div className={styles.column}>
        <MapCard title="Config" map={data.config} none="The script set no config." />
        <Environment map={data.environment} />
      </div>
    </div>
  );
}

interface Entry {
  name: string;
  value: Json;
}

/** A map as lines: nested names joined with dots, in the order given; a medium is one line. */
export function entries(map: JsonMap, prefix = ""): Entry[] {
  return Object.entries(map).flatMap(([name, value]) => {
    const nested = typeof value === "object" && value !== null && !Array.isArray(value);
    if (nested && typeof value._type === "string") {
      return [{ name: prefix + name, value: value._type }]; // its files are under Media
    }
    if (nested && Object.keys(value).length > 0) return entries(value, `${prefix}${name}.`);
    return [{ name: prefix + name, value }];
  });
}

const SEARCHED_FROM = 8;

/** Names in which the text occurs, or which the pattern finds; what is no pattern yet is a text. */
export function finding(text: string): (entry: { name: string }) => boolean {
  const low = text.toLowerCase();
  const occurs = ({ name }: { name: string }) => name.toLowerCase().includes(low);
  if (!/[\\^$.*+?()[\]{}|]/.test(text)) return occurs;
  try {
    const pattern = new RegExp(text, "i");
    return ({ name }) => pattern.test(name) || occurs({ name });
  } catch {
    return occurs;
  }
}

const FORMS = [
  ["JSON", asJson],
  ["YAML", asYaml],
  ["Command line", asArguments],
] as const;

function CopyMenu({ title, map }: { title: string; map: JsonMap }) {
  const copy = (form: string, text: string) =>
    copyText(text).then(
      () => toast(`${title} copied as ${form}`),
      (error: Error) => toast(`It was not copied: ${error.message}`),
    );
  return (
    <Menu
      align="end"
      trigger={
        <IconButton label={`Copy ${title.toLowerCase()}`} size="small">
          <Copy size={14} aria-hidden />
        </IconButton>
      }
    >
      {FORMS.map(([form, spelled]) => (
        <MenuItem key={form} onSelect={() => copy(form, spelled(map))}>
          Copy as {form}
        </MenuItem>
      ))}
    </Menu>
  );
}

function MapCard({ title, map, none }: { title: string; map: JsonMap; none: string }) {
  const [text, setText] = useState("");
  const all = entries(map);
  const found = all.filter(finding(text));
  const id = `card-${title}`;
  return (
    <section className={styles.card} aria-labelledby={id}>
      <header className={styles.cardHeader}>
        <h2 id={id}>{title}</h2>
        {all.length > 0 && <span className={styles.count}>{all.length}</span>}
        <span className={styles.space} />
        {all.length > SEARCHED_FROM && (
          <Field
            label={`Find in ${title.toLowerCase()}`}
            placeholder="Find"
            className={styles.find}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
        {all.length > 0 && <CopyMenu title={title} map={map} />}
      </header>
      {all.length === 0 && <p className={styles.none}>{none}</p>}
      <dl className={styles.map} data-testid={title.toLowerCase()}>
        {found.map(({ name, value }) => (
          <div key={name}>
            <dt title={name}>{name}</dt>
            <dd>
              <Value value={value} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Value({ value }: { value: Json }) {
  const figure = typeof value === "boolean" ? null : fromJson(value);
  if (figure !== null) {
    return (
      <span title={exact(figure)} data-value={String(figure)}>
        {plain(figure)}
      </span>
    );
  }
  return <span title={plain(value)}>{plain(value)}</span>;
}

/** Where it ran; the installed packages, which are many, in a list of their own. */
function Environment({ map }: { map: JsonMap }) {
  const { traceback: _, ...found } = map; // stands above
  const { packages, ...facts } = found;
  const rest = Object.fromEntries(
    Object.entries(facts).filter(([name]) => !name.startsWith("metric/")), // how to draw a key
  );
  const listed = typeof packages === "object" && packages !== null && !Array.isArray(packages);
  return (
    <>
      <MapCard
        title="Environment"
        map={listed ? rest : { ...rest, ...(packages === undefined ? {} : { packages }) }}
        none="Nothing was captured."
      />
      {listed && <MapCard title="Packages" map={packages} none="None was captured." />}
    </>
  );
}

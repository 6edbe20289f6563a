/** What can be done with the selected runs; it lies over the table and moves nothing. */
import { Link } from "@tanstack/react-router";
import { EyeOff, FolderInput, GitCompareArrows, Group, Tag, Trash2, X } from "lucide-react";
import { type ReactNode, useState } from "react";
import type { Asked, Meant } from "../../api/runs-table";
import { Button, IconButton } from "../../kit/Button";
import { Field } from "../../kit/Field";
import { count } from "../../kit/format";
import { Popover } from "../../kit/Menu";
import { toast } from "../../kit/toast";
import { paths } from "../../paths";
import styles from "./RunsTable.module.css";
import { useMany } from "./useMany";
import type { Selection } from "./useSelection";
import type { Undo } from "./useUndo";

interface BulkBarProps {
  owner: string;
  project: string;
  selection: Selection;
  asked: Asked;
  total: number;
  loaded: () => string[];
  onHide: (ids: string[]) => void;
  undo: Undo;
}

const COMPARED_AT_MOST = 100;
const HIDDEN_AT_MOST = 200; // they stand in the URL

export function BulkBar(props: BulkBarProps) {
  const { owner, project, selection, asked, total, loaded, onHide } = props;
  const many = useMany(owner, project, props.undo);
  const ids = [...selection.ids];
  const chosen = selection.all ? total : ids.length;
  if (chosen === 0) return null;
  const meant: Meant = selection.all ? { ...asked, all: true } : { runs: ids };
  const gone = (act: Promise<void>) => void act.then(selection.clear);
  return (
    <section className={styles.bulk} aria-label="Selected runs" data-testid="bulk">
      <span className={styles.chosen}>{count(chosen)} selected</span>
      {!selection.all && total > ids.length && (
        <Button size="small" variant="ghost" onClick={() => selection.selectAll(loaded())}>
          Select all {count(total)} matching
        </Button>
      )}
      {!selection.all && ids.length > 1 && ids.length <= COMPARED_AT_MOST && (
        <Link
          {...paths.compareAny()}
          search={{ ids: ids.map((id) => `${owner}/${project}/${id}`).join(",") }}
          className={styles.act}
        >
          <GitCompareArrows size={15} aria-hidden />
          Compare
        </Link>
      )}
      {chosen > COMPARED_AT_MOST && (
        <Button
          size="small"
          icon={<GitCompareArrows size={15} aria-hidden />}
          onClick={() =>
            toast(`${count(chosen)} runs are too many to compare; filter down to a hundred.`)
          }
        >
          Compare
        </Button>
      )}
      <Asking
        label="Tag"
        icon={<Tag size={15} aria-hidden />}
        field="Tags, with commas in between"
        acts={{
          Add: (text) => many.change(meant, { add_tags: listed(text) }),
          Remove: (text) => many.change(meant, { remove_tags: listed(text) }),
        }}
      />
      <Asking
        label="Group"
        icon={<Group size={15} aria-hidden />}
        field="Group"
        optional
        acts={{ Set: (text) => many.change(meant, { group: text || null }) }}
      />
      <Asking
        label="Move"
        icon={<FolderInput size={15} aria-hidden />}
        field="To the project"
        placeholder={`${owner}/project`}
        acts={{ Move: (text) => many.move(meant, text).then(selection.clear) }}
      />
      {!selection.all && ids.length <= HIDDEN_AT_MOST && (
        <Button
          size="small"
          icon={<EyeOff size={15} aria-hidden />}
          onClick={() => {
            onHide(ids);
            selection.clear();
          }}
        >
          Hide
        </Button>
      )}
      <Button
        size="small"
        variant="danger"
        icon={<Trash2 size={15} aria-hidden />}
        onClick={() => gone(many.trash(meant))}
      >
        Delete
      </Button>
      <IconButton label="Clear selection" hint="Esc" size="small" onClick={selection.clear}>
        <X size={15} aria-hidden />
      </IconButton>
    </section>
  );
}

const listed = (text: string) => [
  ...new Set(
    text
      .split(",")
      .map((tag) => tag.trim())
      .filter(Boolean),
  ),
];

interface AskingProps {
  label: string;
  icon: ReactNode;
  field: string;
  placeholder?: string;
  optional?: boolean; // nothing is an answer, too
  acts: Record<string, (text: string) => Promise<void>>; // the first one with Enter
}

/** A button that asks for a text first. */
function Asking({ label, icon, field, placeholder, optional, acts }: AskingProps) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [first] = Object.values(acts);
  const able = optional || text.trim() !== "";
  const go = (act: ((text: string) => Promise<void>) | undefined) => {
    if (!act || !able) return;
    setOpen(false);
    setText("");
    void act(text.trim());
  };
  return (
    <Popover
      label={label}
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button size="small" icon={icon}>
          {label}
        </Button>
      }
    >
      <form
        className={styles.asking}
        onSubmit={(event) => {
          event.preventDefault();
          go(first);
        }}
      >
        <Field
          labelled
          label={field}
          placeholder={placeholder}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <div className={styles.row}>
          {Object.entries(acts).map(([name, act], at) => (
            <Button
              key={name}
              size="small"
              type={at === 0 ? "submit" : "button"}
              variant={at === 0 ? "primary" : "outline"}
              disabled={!able}
              onClick={at === 0 ? undefined : () => go(act)}
            >
              {name}
            </Button>
          ))}
        </div>
      </form>
    </Popover>
  );
}

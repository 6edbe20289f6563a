/** The items of a panel's menu: where it stands, what is taken away of it, a link to it. */
import {
  ArrowLeft,
  ArrowRight,
  Copy,
  FileCode2,
  FileImage,
  FileSpreadsheet,
  Link2,
  Printer,
  Settings2,
  Table2,
  Trash2,
} from "lucide-react";
import type { ChartPanel } from "../../chart";
import { copyText } from "../../kit/clipboard";
import { download } from "../../kit/download";
import { MenuItem, MenuLine } from "../../kit/Menu";
import { toast } from "../../kit/toast";
import { useCharts } from "./charts";
import { duplicated, panelMoved, withoutPanel } from "./layout";
import { fileOf } from "./PanelActions";
import type { ChartState } from "./useChart";

interface PanelMenuProps extends ArrangingProps, TakeAwayProps {
  onTable: () => void;
}

const ICON = { size: 15, "aria-hidden": true } as const;

export default function PanelMenu(props: PanelMenuProps) {
  return (
    <>
      <Arranging {...props} />
      <MenuLine />
      <MenuItem icon={<Table2 {...ICON} />} onSelect={props.onTable}>
        View as table
      </MenuItem>
      <TakeAway {...props} />
      <MenuItem icon={<Link2 {...ICON} />} onSelect={() => copyLink(props.id)}>
        Copy link to panel
      </MenuItem>
    </>
  );
}

/** Copies the text once it is there, and says whether that went well. */
async function copied(what: string, text: () => Promise<string> | string): Promise<void> {
  try {
    await copyText(await text());
    toast(`${what} copied`);
  } catch (error) {
    toast(`It was not copied: ${(error as Error).message}`);
  }
}

function copyLink(id: string): void {
  const url = new URL(location.href);
  url.searchParams.set("panel", id);
  void copied("Link", () => url.href);
}

interface ArrangingProps {
  id: string;
  section: string;
  siblings: readonly string[];
  onEdit: () => void;
}

/** What changes where a panel stands, and whether it does. */
function Arranging({ id, section, siblings, onEdit }: ArrangingProps) {
  const { change } = useCharts();
  const at = siblings.indexOf(id);
  const move = (by: -1 | 1) =>
    change((view) => ({ ...view, layout: panelMoved(view.layout, siblings, id, by) }), {
      replace: true,
    });
  return (
    <>
      <MenuItem icon={<Settings2 {...ICON} />} onSelect={onEdit}>
        Edit panel
      </MenuItem>
      <MenuItem
        icon={<Copy {...ICON} />}
        onSelect={() =>
          change((view) => ({ ...view, layout: duplicated(view.layout, id, section) }))
        }
      >
        Duplicate
      </MenuItem>
      {at > 0 && (
        <MenuItem icon={<ArrowLeft {...ICON} />} onSelect={() => move(-1)}>
          Move earlier
        </MenuItem>
      )}
      {at >= 0 && at < siblings.length - 1 && (
        <MenuItem icon={<ArrowRight {...ICON} />} onSelect={() => move(1)}>
          Move later
        </MenuItem>
      )}
      <MenuItem
        danger
        icon={<Trash2 {...ICON} />}
        onSelect={() => change((view) => ({ ...view, layout: withoutPanel(view.layout, id) }))}
      >
        Remove panel
      </MenuItem>
    </>
  );
}

interface TakeAwayProps {
  title: string;
  chart: ChartState;
  onPublish: () => void;
}

/** What is drawn, as pictures, numbers and a script. */
function TakeAway({ title, chart, onPublish }: TakeAwayProps) {
  const take = async (
    ending: string,
    make: (panel: ChartPanel) => Promise<Blob | string> | string,
    type?: string,
  ) => {
    const panel = chart.panel.current;
    if (!panel) return;
    try {
      download(`${fileOf(title)}.${ending}`, await make(panel), type);
    } catch (error) {
      toast(`It could not be made: ${(error as Error).message}`);
    }
  };
  return (
    <>
      <MenuItem
        icon={<FileImage {...ICON} />}
        onSelect={() => take("png", (panel) => panel.exportPng({ scale: 2 }))}
      >
        Export PNG
      </MenuItem>
      <MenuItem
        icon={<FileImage {...ICON} />}
        onSelect={() => take("svg", (panel) => panel.exportSvg(), "image/svg+xml")}
      >
        Export SVG
      </MenuItem>
      <MenuItem
        icon={<FileSpreadsheet {...ICON} />}
        onSelect={() => take("csv", (panel) => panel.exportCsv())}
      >
        Export CSV
      </MenuItem>
      <MenuItem icon={<Printer {...ICON} />} onSelect={onPublish}>
        Publish…
      </MenuItem>
      <MenuItem
        icon={<FileCode2 {...ICON} />}
        onSelect={() =>
          copied("Script", () => chart.panel.current?.exportMatplotlib() ?? Promise.reject(gone()))
        }
      >
        Copy as matplotlib
      </MenuItem>
    </>
  );
}

const gone = () => new Error("The panel is gone.");

/** All runs that match as a file, made by the server: the shown columns or every one. */
import { Download } from "lucide-react";
import { useState } from "react";
import { ApiError } from "../../api/client";
import { type Asked, EXPORTS, type ExportFormat, many } from "../../api/runs-table";
import { Button } from "../../kit/Button";
import { download } from "../../kit/download";
import { bytes } from "../../kit/format";
import { Menu, MenuItem, MenuLabel } from "../../kit/Menu";
import { toast } from "../../kit/toast";

interface ExportMenuProps {
  place: { owner: string; project: string };
  asked: Asked;
  order: readonly string[];
  columns: string[];
}

const CALLED: Record<ExportFormat, string> = { csv: "CSV", json: "JSON", parquet: "Parquet" };

export function ExportMenu({ place, asked, order, columns }: ExportMenuProps) {
  const [busy, setBusy] = useState(false);
  const save = async (format: ExportFormat, chosen: string[] | null) => {
    setBusy(true);
    try {
      const question = { ...asked, order: [...order], columns: chosen, format };
      const file = await many.export(place, question);
      const name = `${place.project}-runs.${format}`;
      download(name, file);
      toast(`Exported ${name}, ${bytes(file.size)}`);
    } catch (error) {
      // Whatever broke it off, a half of a file is none.
      const why = error instanceof ApiError ? error.message : "the connection broke off.";
      toast(`Nothing was exported: ${why}`);
    } finally {
      setBusy(false);
    }
  };
  const items = (chosen: string[] | null) =>
    EXPORTS.map((format) => (
      <MenuItem key={format} onSelect={() => void save(format, chosen)}>
        {CALLED[format]}
      </MenuItem>
    ));
  return (
    <Menu
      align="end"
      trigger={
        <Button icon={<Download size={15} aria-hidden />} disabled={busy} aria-busy={busy}>
          Export
        </Button>
      }
    >
      <MenuLabel>All matching runs, shown columns</MenuLabel>
      {items(columns)}
      <MenuLabel>All matching runs, every column</MenuLabel>
      {items(null)}
    </Menu>
  );
}

/** Takes the table on the screen away, as it is sorted and filtered: copied or as a file. */
import { Download } from "lucide-react";
import { Button } from "../../kit/Button";
import { download } from "../../kit/download";
import { Menu, MenuItem, MenuLine } from "../../kit/Menu";
import { toast } from "../../kit/toast";
import { FORMATS, type Matrix, type MatrixFormat, written } from "./matrix";

interface ExportMenuProps {
  name: string; // of the file
  make: () => Matrix;
}

export function ExportMenu({ name, make }: ExportMenuProps) {
  const all = Object.entries(FORMATS) as [MatrixFormat, (typeof FORMATS)[MatrixFormat]][];
  const copy = async (format: MatrixFormat) => {
    try {
      await navigator.clipboard.writeText(written(make(), format));
      toast(`Copied as ${FORMATS[format].label}`);
    } catch {
      toast("The browser does not let the page copy: download the file instead.");
    }
  };
  const save = (format: MatrixFormat) => {
    const { suffix, type } = FORMATS[format];
    download(`${name}.${suffix}`, written(make(), format), type);
  };
  return (
    <Menu align="end" trigger={<Button icon={<Download size={15} aria-hidden />}>Export</Button>}>
      {all.map(([format, { label }]) => (
        <MenuItem key={format} onSelect={() => void copy(format)}>
          Copy as {label}
        </MenuItem>
      ))}
      <MenuLine />
      {all.map(([format, { label }]) => (
        <MenuItem key={format} onSelect={() => save(format)}>
          Download {label}
        </MenuItem>
      ))}
    </Menu>
  );
}

/** Text to take away: a block of code with a Copy button. */
import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { IconButton } from "./Button";
import styles from "./Copyable.module.css";
import { copyText } from "./clipboard";
import { toast } from "./toast";

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await copyText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    } catch (error) {
      toast(`It was not copied: ${(error as Error).message}`);
    }
  };
  return (
    <IconButton label={copied ? "Copied" : label} size="small" onClick={copy}>
      {copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
    </IconButton>
  );
}

export function CodeBlock({ code, label }: { code: string; label: string }) {
  return (
    <div className={styles.block}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long lines are scrolled by keyboard */}
      <pre className={styles.code} tabIndex={0}>
        {code}
      </pre>
      <span className={styles.copy}>
        <CopyButton text={code} label={`Copy ${label}`} />
      </span>
    </div>
  );
}

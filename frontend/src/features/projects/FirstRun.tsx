/** The first four lines, with this server's own address; opens the first run when it appears. */
import { useQuery } from "@tanstack/react-query";
import { Rocket } from "lucide-react";
import { projectsQuery } from "../../api/queries";
import { CodeBlock } from "../../kit/Copyable";
import { EmptyState } from "../../kit/states";
import styles from "./Projects.module.css";

export function snippet(host: string): { shell: string; python: string } {
  return {
    shell: `pip install wanllmdb\nwanllmdb login --host ${host}`,
    python: [
      "import wanllmdb as wandb",
      'run = wandb.init(project="first")',
      "for step in range(100):",
      '    run.log({"loss": 1 / (step + 1)})',
    ].join("\n"),
  };
}

export function FirstRun() {
  useQuery({ ...projectsQuery(""), refetchInterval: 1000 }); // the page around sees it come
  const { shell, python } = snippet(location.origin);
  return (
    <div className={styles.first}>
      <EmptyState page icon={<Rocket size={20} aria-hidden />} title="Log your first run">
        Install the client on the machine that trains, tell it where this server is, and log.
      </EmptyState>
      <h2>In a shell</h2>
      <CodeBlock label="shell commands" code={shell} />
      <h2>In Python</h2>
      <CodeBlock label="Python code" code={python} />
      <p className={styles.waiting} role="status">
        <span className={styles.pulse} aria-hidden />
        Waiting for the first run; this page opens it.
      </p>
    </div>
  );
}

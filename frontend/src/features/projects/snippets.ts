/** The first lines of a script, for those that have none yet and those whose library logs for them. */

export interface Place {
  project: string;
  owner?: string | undefined; // where it is somebody else's than of the one who reads this
}

export interface Snippet {
  name: string;
  code: string;
  note?: string;
}

export function shell(host: string): string {
  return `pip install wanllmdb\nwanllmdb login --host ${host}`;
}

const EXEC = "Start it with wanllmdb exec train.py, and import wandb means this server.";

export function snippets({ project, owner }: Place): Snippet[] {
  const names = `project="${project}"${owner ? `, entity="${owner}"` : ""}`;
  return [
    {
      name: "Python",
      code: [
        "import wanllmdb",
        `run = wanllmdb.init(${names})`,
        "for step in range(100):",
        '    run.log({"loss": 1 / (step + 1)})',
      ].join("\n"),
    },
    {
      name: "W&B drop-in",
      code: [
        "import wanllmdb as wandb  # was: import wandb",
        `wandb.init(${names}, config={"lr": 0.1})`,
        'wandb.log({"loss": 0.5})',
        "wandb.finish()",
      ].join("\n"),
      note: "Or leave the script as it is, and start it with wanllmdb exec train.py.",
    },
    {
      name: "PyTorch",
      code: [
        "import wanllmdb",
        `run = wanllmdb.init(${names}, config=vars(args))`,
        "for x, y in loader:",
        "    loss = criterion(model(x), y)",
        "    loss.backward(); optimizer.step(); optimizer.zero_grad()",
        '    run.log({"train/loss": loss})  # tensors as they are',
      ].join("\n"),
    },
    {
      name: "Lightning",
      code: [
        "import wanllmdb; wanllmdb.install_as_wandb()",
        "from lightning.pytorch.loggers import WandbLogger",
        `logger = WandbLogger(${names})`,
        "Trainer(logger=logger).fit(model, data)",
      ].join("\n"),
      note: EXEC,
    },
    {
      name: "HF Trainer",
      code: [
        "import wanllmdb; wanllmdb.install_as_wandb()",
        `wanllmdb.init(${names})`,
        "from transformers import Trainer, TrainingArguments",
        'args = TrainingArguments("out", report_to="wandb", logging_steps=10)',
        "Trainer(model, args, train_dataset=data).train()",
      ].join("\n"),
      note: EXEC,
    },
    {
      name: "Keras",
      code: [
        "import wanllmdb",
        "from wanllmdb.integration.keras import WandbMetricsLogger",
        `with wanllmdb.init(${names}):`,
        "    model.fit(x, y, callbacks=[WandbMetricsLogger(log_freq=10)])",
      ].join("\n"),
    },
  ];
}

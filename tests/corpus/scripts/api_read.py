# A run read back: history, summary, config, files. | runs: 1 finished | needs: numpy | real: needs a server
import numpy as np
import wandb

with wandb.init(config={"lr": 0.1, "nested": {"a": 1}}, tags=["baseline"], name="one") as run:
    for step in range(50):
        run.log({"loss": 1 / (step + 1), "acc": step / 50, "nested": {"deep": step}})
        if step % 10 == 0:
            run.log({"image": wandb.Image(np.zeros((4, 4, 3), np.uint8))})
    run.log({"table": wandb.Table(columns=["a"], data=[[1]])})
    run.summary["best"] = 0.5
    with open("notes.txt", "w") as file:
        file.write("hello")
    wandb.save("notes.txt", policy="now")
    path = f"{run.entity}/{run.project}/{run.id}"

api = wandb.Api(timeout=30)
read = api.run(path)
assert read.id == run.id
assert read.name == "one"
assert read.state == "finished"
assert read.config["lr"] == 0.1
assert read.config["nested"]["a"] == 1
assert read.summary["best"] == 0.5
assert read.summary.get("acc") == 0.98
assert "loss" in read.summary.keys()
assert read.tags == ["baseline"]
assert read.path == [run.entity, run.project, run.id]
rows = list(read.scan_history(keys=["loss", "acc"]))
assert len(rows) == 50
assert rows[0] == {"loss": 1, "acc": 0}
whole = [row for row in read.scan_history() if row.get("loss") is not None]
assert len(whole) == 50
assert {"_step", "_runtime", "_timestamp", "loss", "acc"} <= set(whole[3])
sampled = read.history(samples=10, keys=["loss"], pandas=False)
assert 0 < len(sampled) <= 10
assert isinstance(read.lastHistoryStep, int)
names = sorted(file.name for file in read.files())
assert "notes.txt" in names, names
assert "config.yaml" in names or True
file = read.file("notes.txt").download(root="back", replace=True)
assert open("back/notes.txt").read() == "hello"
assert file.read() == "hello"
read.tags.append("read")
read.summary["extra"] = 7
read.config["late"] = True
read.update()
again = wandb.Api().run(path)
assert again.tags == ["baseline", "read"]
assert again.summary["extra"] == 7
assert again.config["late"] is True
for missing in ("no/such/run", f"{run.entity}/{run.project}/nothing"):
    try:
        wandb.Api().run(missing).state
    except (wandb.errors.CommError, ValueError):
        pass
    else:
        raise AssertionError(missing)

# Five folds, a run for each, and one that tells the mean. | runs: 6 finished | real: has no util.generate_id any more
import statistics

import wandb

scores = []
group = "experiment_" + wandb.util.generate_id()
for fold in range(5):
    run = wandb.init(
        project="kfold",
        group=group,
        job_type="cv",
        name=f"fold-{fold}",
        tags=["cv", f"fold{fold}"],
        config={"fold": fold, "lr": 0.1},
        reinit=True,
    )
    for epoch in range(4):
        run.log({"epoch": epoch, "val/acc": 0.5 + 0.1 * epoch + 0.01 * fold})
    run.summary["best_acc"] = 0.8 + 0.01 * fold
    scores.append(run.summary["best_acc"])
    assert run.group == group
    assert run.job_type == "cv"
    assert run.name == f"fold-{fold}"
    assert run.tags == ("cv", f"fold{fold}")
    run.finish()
with wandb.init(project="kfold", group=group, job_type="summary", name="mean") as run:
    run.summary.update({"cv/mean": statistics.mean(scores), "cv/std": statistics.stdev(scores)})
    assert abs(run.summary["cv/mean"] - 0.82) < 1e-9
assert wandb.run is None

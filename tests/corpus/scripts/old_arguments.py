# Names that wandb dropped and scripts still use. | runs: 1 finished | real: refuses each of them
import wandb

settings = wandb.Settings(start_method="thread", _disable_stats=True)
run = wandb.init(settings=settings, anonymous="allow", magic=True)
wandb.define_metric("acc", summary="best", goal="maximize")
wandb.define_metric("err", summary="best", goal="minimize", step_metric="epoch")
for epoch, acc in enumerate([0.1, 0.8, 0.3]):
    wandb.log({"acc": acc, "err": 1 - acc, "epoch": epoch}, sync=False)
assert run.summary["acc"]["best"] == 0.8
assert abs(run.summary["err"]["best"] - 0.2) < 1e-9
assert isinstance(run.get_url(), (str, type(None)))
assert run.project_name()
assert wandb.util.generate_id() != wandb.util.generate_id()
run.get_project_url()
run.get_sweep_url()
run.join()

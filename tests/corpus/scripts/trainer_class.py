# A trainer with a logger that may be off, as in many repositories. | runs: 1 finished
import contextlib
import random
from dataclasses import asdict, dataclass

try:
    import wandb
except ImportError:
    wandb = None


@dataclass
class Arguments:
    lr: float = 3e-4
    epochs: int = 2
    use_wandb: bool = True
    project: str = "trainer_class"


class AverageMeter:
    def __init__(self):
        self.sum = self.count = 0

    def update(self, value, n=1):
        self.sum += value * n
        self.count += n

    @property
    def avg(self):
        return self.sum / max(1, self.count)


class Trainer:
    def __init__(self, args):
        self.args = args
        self.step = 0
        if args.use_wandb and wandb is not None:
            self.run = wandb.init(project=args.project, config=asdict(args), save_code=False)
            wandb.define_metric("train/*", step_metric="global_step")
            wandb.watch_called = False
        self.best = float("inf")

    def log(self, metrics, prefix=""):
        if self.args.use_wandb:
            wandb.log({f"{prefix}/{k}": v for k, v in metrics.items()} | {"global_step": self.step})

    def fit(self):
        for epoch in range(self.args.epochs):
            meter = AverageMeter()
            for _ in range(10):
                self.step += 1
                meter.update(random.random())
                self.log({"loss": meter.avg, "lr": self.args.lr}, "train")
            if meter.avg < self.best:
                self.best = meter.avg
                wandb.run.summary["best_loss"] = self.best
            self.log({"loss": meter.avg, "epoch": epoch}, "val")


trainer = Trainer(Arguments())
with contextlib.ExitStack() as stack:
    stack.callback(wandb.finish)
    trainer.fit()
    assert wandb.run.summary["best_loss"] == trainer.best
    assert wandb.run.summary["global_step"] == 20
    assert wandb.run.summary["val/epoch"] == 1
assert wandb.run is None

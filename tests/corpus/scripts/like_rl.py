# CleanRL's arguments and run, without TensorBoard. | runs: 1 finished
import argparse
import random
import time

import wandb

parser = argparse.ArgumentParser()
parser.add_argument("--exp-name", type=str, default="ppo")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--track", type=lambda x: bool(x), default=True, nargs="?", const=True)
args = parser.parse_args([])
random.seed(args.seed)
run_name = f"CartPole-v1__{args.exp_name}__{args.seed}__{int(time.time())}"
if args.track:
    wandb.init(
        project="like_rl",
        entity=None,
        sync_tensorboard=False,
        config=vars(args),
        name=run_name,
        monitor_gym=False,
        save_code=True,
    )
start = time.time()
for global_step in range(0, 1000, 100):
    returned = random.random() * global_step
    wandb.log(
        {
            "charts/episodic_return": returned,
            "charts/SPS": int(global_step / max(time.time() - start, 1e-6)),
            "losses/value_loss": 0.5,
        },
        step=global_step,
    )
assert wandb.run.step == 900
assert wandb.run.name == run_name
assert wandb.config.exp_name == "ppo"

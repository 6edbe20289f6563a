"""What `import wandb` finds first in a process that `wanllmdb exec` began: it becomes us."""

import sys

# This module is not wandb: the import system takes what stands in its place when it is done.
del sys.modules[__name__]

from wanllmdb.compat.alias import install_as_wandb  # noqa: E402 - only now is there no wandb

install_as_wandb()

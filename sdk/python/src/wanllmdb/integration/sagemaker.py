"""SageMaker: the address and the key go into the environment of the job."""

from __future__ import annotations

from wanllmdb.integration.absent import absent

__getattr__ = absent(
    "wandb.integration.sagemaker",
    "set WANLLMDB_API_URL and WANLLMDB_API_KEY in the environment of the job",
)

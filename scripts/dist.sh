#!/usr/bin/env bash
# Builds the wheels into dist/: the SDK's, the server's with the page that setup built, and the
# one that makes `import wandb` mean us in a whole environment.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf dist
for distribution in sdk/python server sdk/wandb-shim; do
  .venv/bin/python -m build --wheel --no-isolation --outdir dist "$distribution" >/dev/null
done
ls -l dist/*.whl | awk '{print $NF, $5, "bytes"}'

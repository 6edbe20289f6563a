#!/usr/bin/env bash
# Builds both wheels into dist/. The server's wheel carries the page that setup built.
set -euo pipefail
cd "$(dirname "$0")/.."
rm -rf dist
for distribution in sdk/python server; do
  .venv/bin/python -m build --wheel --no-isolation --outdir dist "$distribution" >/dev/null
done
ls -l dist/*.whl | awk '{print $NF, $5, "bytes"}'

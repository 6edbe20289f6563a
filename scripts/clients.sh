#!/usr/bin/env bash
# Makes .venv-wandb-VERSION for each version that is named, or for all in requirements/wandb, and
# nothing twice: the unmodified wandb client, which the checks of tests/conformance log with.
# `clients.sh lock` resolves what they need anew.
set -euo pipefail
cd "$(dirname "$0")/.."

versions() { find requirements/wandb -name '*.txt' | sed 's|.*/||; s|\.txt$||' | sort -rV; }

lock() {
  local version
  for version in $(versions); do
    { echo "wandb==$version"; cat requirements/wandb/media.in; } | .venv/bin/uv pip compile -q --universal \
      --python-version 3.11 --upgrade --generate-hashes --no-header --no-annotate - -o "requirements/wandb/$version.txt"
  done
}

install() {
  local version=$1 here=.venv-wandb-$1 want
  want=$(sha256sum < "requirements/wandb/$version.txt" | cut -d' ' -f1)
  [ "$(cat "$here/.installed" 2>/dev/null)" = "$want" ] && return
  printf '▸ installing wandb %s\n' "$version"
  rm -rf "$here"
  .venv/bin/uv venv -q --python .venv/bin/python "$here"
  VIRTUAL_ENV="$PWD/$here" .venv/bin/uv pip install -q --no-deps --require-hashes -r "requirements/wandb/$version.txt"
  printf '%s' "$want" > "$here/.installed"
}

[ "${1:-}" = lock ] && lock && exit
# uv does not read pip's settings: a mirror that the user set for pip serves uv as well.
export UV_INDEX_URL="${UV_INDEX_URL:-${PIP_INDEX_URL:-}}"
[ -n "$UV_INDEX_URL" ] || unset UV_INDEX_URL
exec 9>.clients.lock && flock 9
for version in ${*:-$(versions)}; do install "$version"; done

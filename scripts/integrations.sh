#!/usr/bin/env bash
# Makes .venv-integrations, and nothing twice: the libraries that people use wandb with, unmodified,
# and our two distributions beside them. `integrations.sh lock` resolves their versions anew.
#
# torch's wheels for Linux on PyPI bring gigabytes of CUDA; its CPU build lies elsewhere. pip is asked
# where it would take torch from, as its own settings say (find-links, extra-index-url), and takes it
# only if that is a CPU build. Otherwise torch is left out, this says so, and the tests that need it
# are skipped with the same reason.
set -euo pipefail
cd "$(dirname "$0")/.."

here=.venv-integrations
say() { printf '▸ %s\n' "$*"; }
pip() { .venv/bin/python -m pip --disable-pip-version-check --python "$here/bin/python" "$@"; }
uv_pip() { VIRTUAL_ENV="$PWD/$here" .venv/bin/uv pip "$@" -q --no-deps; }
versions() { cat requirements/{integrations,torch}.txt {sdk/python,server}/pyproject.toml scripts/integrations.sh; }

resolve() {
  .venv/bin/uv pip compile -q --universal --python-version 3.11 --upgrade --no-header --no-annotate \
    requirements/integrations.in "$@"
}

lock() {  # all but torch, and what only its CUDA build asks for
  local leave=(--no-emit-package torch --no-emit-package triton) name
  for name in $(resolve | sed -En 's/^((nvidia|cuda)-[a-z0-9-]+)==.*/\1/p'); do
    leave+=(--no-emit-package "$name")
  done
  resolve --generate-hashes "${leave[@]}" | grep -v '^#' > "$here.txt"
  mv "$here.txt" requirements/integrations.txt
}

torch_would_be() {  # the version that pip would take, as "2.13.0+cpu"
  pip install -q --dry-run --no-deps --report - "$(sed -En 's/^(torch==[0-9.]+).*/\1/p' requirements/torch.txt | head -1)" \
    | .venv/bin/python -c 'import json, sys; print(json.load(sys.stdin)["install"][0]["metadata"]["version"])'
}

install_torch() {
  local found
  found=$(torch_would_be 2>/dev/null) || found="of no version"
  case "$(uname -s) $found" in
    *+cpu | Darwin\ [0-9]*)
      pip install -q --no-deps --require-hashes -r requirements/torch.txt && return
      found="$found of another hash" ;;
  esac
  printf 'the CPU build of torch is not here (pip would take %s); name a folder or an index that has it in pip settings' \
    "$found" > "$here/no-torch"
  say "left out torch: $(cat "$here/no-torch")"
}

install() {
  say "installing the libraries of the integration tests"
  rm -rf "$here"
  .venv/bin/uv venv -q --python .venv/bin/python "$here"
  # uv does not read pip's settings: a mirror that the user set for pip serves uv as well.
  export UV_INDEX_URL="${UV_INDEX_URL:-${PIP_INDEX_URL:-}}"
  [ -n "$UV_INDEX_URL" ] || unset UV_INDEX_URL
  uv_pip install --require-hashes -r requirements/integrations.txt &
  local libraries=$!
  install_torch  # meanwhile
  wait "$libraries"
  uv_pip install --no-build-isolation -e sdk/python -e server
}

[ "${1:-}" = lock ] && lock && exit
exec 9>.integrations.lock && flock 9  # not that of setup: this takes its time beside what needs no library
want=$(versions | sha256sum | cut -d' ' -f1)
if [ "$(cat "$here/.installed" 2>/dev/null)" = "$want" ]; then
  [ ! -e "$here/no-torch" ] || { rm "$here/no-torch" && install_torch; }  # it may be there now
  exit
fi
install
printf '%s' "$want" > "$here/.installed"

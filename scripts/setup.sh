#!/usr/bin/env bash
# Makes everything that the other commands need, and nothing twice: the virtual environment,
# the two distributions installed editable, the npm packages, the built page.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '▸ %s\n' "$*"; }
fail() { printf 'make setup: %s\n' "$*" >&2; exit 1; }
hash_of() { cat -- "$@" | sha256sum | cut -d' ' -f1; }
apt_install() {  # apt_install PACKAGE: only as root; the caller says what to do otherwise
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1" >/dev/null
}

find_python() {
  for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
    "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    printf '%s\n' "$candidate" && return
  done
  fail "needs Python 3.11 or newer. Install it, or name it: PYTHON=/path/to/python3.11 make setup"
}

make_environment() {
  local python=$1
  [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 && return
  say "making .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv 2>/dev/null && return
  rm -rf .venv
  apt_install python3-venv || fail "this Python cannot make virtual environments. On Debian or Ubuntu: sudo apt install python3-venv"
  "$python" -m venv .venv
}

install_python() {
  local want
  want=$(hash_of requirements/uv.txt requirements/dev.txt sdk/python/pyproject.toml server/pyproject.toml)
  [ "$(cat .venv/.installed 2>/dev/null)" = "$want" ] && return
  say "installing Python packages"
  .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/uv.txt
  # uv does not read pip's settings: a mirror that the user set for pip serves uv as well.
  export UV_INDEX_URL="${UV_INDEX_URL:-${PIP_INDEX_URL:-}}"
  [ -n "$UV_INDEX_URL" ] || unset UV_INDEX_URL
  VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install -q --require-hashes -r requirements/dev.txt \
    || .venv/bin/python -m pip install -q --require-hashes -r requirements/dev.txt
  VIRTUAL_ENV="$PWD/.venv" .venv/bin/uv pip install -q --no-deps --no-build-isolation -e sdk/python -e server
  printf '%s' "$want" > .venv/.installed
}

build_page() {
  local packages sources
  command -v node >/dev/null && command -v npm >/dev/null \
    || fail "needs Node 20 or newer with npm to build the page. On Debian or Ubuntu: sudo apt install nodejs npm"
  node -e 'process.exit(+process.versions.node.split(".")[0] < 20 ? 1 : 0)' || fail "needs Node 20 or newer; this is $(node --version)"
  packages=$(hash_of frontend/package-lock.json)
  if [ "$(cat frontend/node_modules/.installed 2>/dev/null)" != "$packages" ]; then
    say "installing npm packages"
    npm --prefix frontend ci --no-audit --no-fund --loglevel=error
    printf '%s' "$packages" > frontend/node_modules/.installed
  fi
  sources=$(find frontend/src frontend/public frontend/scripts frontend/index.html frontend/*.json frontend/*.ts \
    -type f ! -name '*.test.*' -print0 2>/dev/null | sort -z | xargs -0 cat | sha256sum | cut -d' ' -f1)
  [ "$(cat server/src/wanllmdb_server/page/.built 2>/dev/null)" = "$sources" ] && return
  say "building the page"
  local log
  log=$(npm --prefix frontend run --silent build 2>&1) || { printf '%s\n' "$log" >&2; fail "the page cannot be built"; }
  printf '%s' "$sources" > server/src/wanllmdb_server/page/.built
}

exec 9>.setup.lock && flock 9  # two commands at once set up once
make_environment "$(find_python)"
install_python
build_page

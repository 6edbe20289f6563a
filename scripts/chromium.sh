#!/usr/bin/env bash
# Prints the path of the system's Chromium or Chrome; installs Debian's package when root.
set -euo pipefail
find_browser() {
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    [ -n "$name" ] && command -v "$name" && return
  done
  return 1
}
find_browser && exit
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >&2
  find_browser && exit
fi
cat >&2 <<'TEXT'
The browser tests need Chromium, and there is none here.
  Debian, Ubuntu:  sudo apt install chromium
  elsewhere:       install Chromium or Chrome, and set CHROMIUM=/path/to/it
TEXT
exit 1

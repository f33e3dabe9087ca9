#!/usr/bin/env bash
# Stages the whole root file system of the container image: the program, pdftotext, libpq, libcrypt, what those load, whom to trust, the
# applications, and the records of Debian's packages by which scanners know what is inside. The Dockerfile runs it, and so does
# tests/end_to_end/test_image.py, so both have the same files. Needs Debian 12 with `scripts/install.sh build`.
# Usage: scripts/rootfs.sh [--binary FILE] [--apps FOLDER] FOLDER     FOLDER must not exist
set -euo pipefail
cd "$(dirname "$0")/.."

binary=build/release/slipway apps=apps
while [ $# -gt 1 ]; do
  case "$1" in
    --binary) binary="$2" ;;
    --apps) apps="$2" ;;
    *) echo "usage: $0 [--binary FILE] [--apps FOLDER] FOLDER" >&2; exit 2 ;;
  esac
  shift 2
done
root="${1:?usage: $0 [--binary FILE] [--apps FOLDER] FOLDER}"
[ -x "$binary" ] || { echo "$binary is not built: make build" >&2; exit 1; }
[ ! -e "$root" ] || { echo "$root is already there" >&2; exit 1; }

user=65532 # no account of any host
pdftotext=$(command -v pdftotext) || { echo "pdftotext is missing: scripts/install.sh build" >&2; exit 1; }
libpq=$(ldconfig -p | awk '/libpq\.so\.5 /{print $NF; exit}')
[ -n "$libpq" ] || { echo "libpq.so.5 is missing: scripts/install.sh build" >&2; exit 1; }
libcrypt=$(ldconfig -p | awk '/libcrypt\.so\.1 /{print $NF; exit}') # loaded for hashes of bcrypt
[ -n "$libcrypt" ] || { echo "libcrypt.so.1 is missing" >&2; exit 1; }

mkdir -p "$root"/{usr/bin,usr/lib,etc/ssl/certs,apps,data,tmp,proc,dev,var/lib/dpkg/status.d,usr/share/doc/slipway}
ln -s usr/bin "$root/bin"
ln -s usr/lib "$root/lib"
ln -s usr/lib "$root/lib64"

# The files behind the links, under the names by which the loader looks for them.
libraries() { ldd "$@" | awk '$2 == "=>" && $3 ~ /^\// {print $3} $1 ~ /^\// && $2 ~ /^\(/ {print $1}' | sort -u; }
packages=()
owned_by() { # FILE: also where Debian's records have the name without /usr
  dpkg -S "$(readlink -f "$1")" 2>/dev/null | cut -d: -f1 || dpkg -S "$1" 2>/dev/null | cut -d: -f1 || true
}
for library in $(libraries "$binary" "$pdftotext" "$libpq" "$libcrypt") "$libpq" "$libcrypt"; do
  case "$library" in
    */ld-linux*) target="$root/usr/lib/$(basename "$library")" ;; # where the program's header says
    *) target="$root/usr/lib/$(basename "$(dirname "$library")")/$(basename "$library")" ;;
  esac
  mkdir -p "$(dirname "$target")"
  install -m 755 "$library" "$target"
  packages+=("$(owned_by "$library")")
done
install -m 755 "$pdftotext" "$root/usr/bin/pdftotext"
strip --strip-all -o "$root/usr/bin/slipway" "$binary"
chmod 755 "$root/usr/bin/slipway"
packages+=("$(owned_by "$pdftotext")" ca-certificates)

# OpenSSL's default place and the usual one.
install -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
mkdir -p "$root/usr/lib/ssl"
ln -s ../../../etc/ssl/certs/ca-certificates.crt "$root/usr/lib/ssl/cert.pem"
ln -s ../../../etc/ssl/certs "$root/usr/lib/ssl/certs"

printf 'root:x:0:0:root:/:/nonexistent\nslipway:x:%s:%s:slipway:/data:/nonexistent\n' $user $user >"$root/etc/passwd"
printf 'root:x:0:\nslipway:x:%s:\n' $user >"$root/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
install -m 644 /etc/os-release "$root/etc/os-release"

for application in "$apps"/*/; do
  cp -r --no-preserve=mode,ownership "$application" "$root/apps/"
  find "$root/apps/$(basename "$application")/" \( -name data -o -name .env \) -prune -exec rm -rf {} + # of somebody's own runs
done

# What was linked into the program is inside, too: scanners shall find its flaws.
for package in $(scripts/install.sh list build); do
  case "$package" in *-dev) packages+=("$package") ;; esac
done
mapfile -t packages < <(printf '%s\n' "${packages[@]}" | tr ' ' '\n' | grep -v '^$' | sort -u)
for package in "${packages[@]}"; do
  dpkg-query -s "$package" 2>/dev/null | sed '/^Conffiles:/,/^[^ ]/{/^ /d;/^Conffiles:/d}' >"$root/var/lib/dpkg/status.d/$package" || true
  [ -s "$root/var/lib/dpkg/status.d/$package" ] || { rm -f "$root/var/lib/dpkg/status.d/$package"; continue; }
  if [ -e "/usr/share/doc/$package/copyright" ]; then
    mkdir -p "$root/usr/share/doc/$package"
    install -m 644 "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/copyright"
  fi
done
install -m 644 LICENSE docs/dependencies.md "$root/usr/share/doc/slipway/"

find "$root" -type d -exec chmod 755 {} +
find "$root" -exec touch --no-dereference --date=@"${SOURCE_DATE_EPOCH:-0}" {} + # the same files give the same layer
chmod 1777 "$root/tmp"
if [ "$(id -u)" -eq 0 ]; then
  chown -hR 0:0 "$root"
  chown $user:$user "$root/data"
fi
echo "$root: $(du -sm --apparent-size "$root" | cut -f1) MB, of which the program $(du -sm --apparent-size "$root/usr/bin/slipway" | cut -f1) MB"

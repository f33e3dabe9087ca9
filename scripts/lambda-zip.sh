#!/usr/bin/env bash
# scripts/lambda-zip.sh APP [ZIP]: the package of a function for provided.al2023, by default build/lambda/NAME.zip. It holds
#   bootstrap          a static program that starts the rest (tools/lambda-bootstrap)
#   slipway            SLIPWAY_BINARY, by default build/release/slipway, stripped
#   lib/               the loader and the libraries that it was built with, and libpq with all it needs
#   certificates.pem   this machine's certificate authorities; more of them (RDS has its own) from CA_FILE
#   app/               the application, without what is hidden, and without data/ and deploy/
# The same input gives the same bytes. Says the sizes; AWS takes 50 MB of zip given directly (more from S3), 250 MB unpacked.
set -euo pipefail
cd "$(dirname "$0")/.."
application=${1:?usage: scripts/lambda-zip.sh APP [ZIP]}
name=$(basename "$(realpath "$application")")
zip=${2:-build/lambda/$name.zip}
binary=${SLIPWAY_BINARY:-build/release/slipway}
[ -f "$application/app.yaml" ] || { echo "error: $application has no app.yaml" >&2; exit 2; }
[ -x "$binary" ] || { echo "error: $binary is not built: make build" >&2; exit 2; }

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place/lib" "$place/app" "$(dirname "$zip")"

# Of a program or library: all libraries that it needs, by their paths.
needed() { ldd "$1" | sed -nE 's/^.*=> (\/[^ ]+) .*$/\1/p'; }
libpq=$(/sbin/ldconfig -p | sed -nE 's/^\s*libpq\.so\.5 .* => (.*)$/\1/p' | head -1)
[ -n "$libpq" ] || { echo "error: libpq.so.5 is not installed (apt-get install libpq5)" >&2; exit 2; }
libcrypt=$(/sbin/ldconfig -p | sed -nE 's/^\s*libcrypt\.so\.1 .* => (.*)$/\1/p' | head -1) # for hashes of bcrypt
for library in $(needed "$binary") "$libpq" $(needed "$libpq") $libcrypt; do
  [ -e "$place/lib/$(basename "$library")" ] || install -m 0755 "$library" "$place/lib/"
done
install -m 0755 "$(readelf -l "$binary" | sed -nE 's/^.*program interpreter: (.*)\]$/\1/p')" "$place/lib/loader"

install -m 0755 "$binary" "$place/slipway"
${STRIP:-strip} --strip-unneeded "$place/slipway"
"${CC:-clang-19}" -static -Os -s -Wall -Wextra -Werror -o "$place/bootstrap" tools/lambda-bootstrap/bootstrap.c
cat /etc/ssl/certs/ca-certificates.crt ${CA_FILE:+"$CA_FILE"} > "$place/certificates.pem"
tar -C "$application" --anchored --exclude='.*' --exclude=data --exclude=deploy -cf - $(cd "$application" && ls) | tar -C "$place/app" -xf -

python3 - "$place" "$zip" <<'EOF'
import pathlib, sys, zipfile
place, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
files = sorted(path for path in place.rglob("*") if path.is_file())
with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
    for path in files:
        entry = zipfile.ZipInfo(path.relative_to(place).as_posix(), (1980, 1, 1, 0, 0, 0))
        # Lambda runs as somebody else: all may read, and what is executable all may run.
        entry.external_attr = (0o100755 if path.stat().st_mode & 0o100 else 0o100644) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        package.writestr(entry, path.read_bytes())
whole = sum(path.stat().st_size for path in files)
print(f"{target}: {target.stat().st_size / 1e6:.1f} MB, unpacked {whole / 1e6:.1f} MB")
for path in sorted((p for p in files), key=lambda p: -p.stat().st_size)[:6]:
    print(f"  {path.relative_to(place).as_posix():<40} {path.stat().st_size / 1e6:6.1f} MB")
EOF

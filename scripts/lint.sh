#!/usr/bin/env bash
# Formatting of all C++ files under git; clang-tidy over those that differ from LINT_BASE (default: origin/HEAD, else HEAD~1), or
# over all with LINT_ALL=1. Needs build/dev configured and its precompiled header built: `make lint` does both.
set -euo pipefail
cd "$(dirname "$0")/.."
build="${LINT_BUILD:-build/dev}"
jobs="${JOBS:-$(nproc)}"
[ -f "$build/compile_commands.json" ] || { echo "$build is not configured; use make lint" >&2; exit 2; }

echo "clang-format"
git ls-files -z '*.cpp' '*.h' ':!tests/house/fixtures' | xargs -0 -P "$jobs" -n 40 clang-format-19 --dry-run -Werror

base="${LINT_BASE:-$(git rev-parse -q --verify origin/HEAD || git rev-parse -q --verify HEAD~1 || git rev-parse HEAD)}"
if [ -n "${LINT_ALL:-}" ]; then
  mapfile -t files < <(git ls-files 'src/*.cpp' 'tools/*.cpp')
else
  mapfile -t files < <({ git diff --name-only --diff-filter=d "$base"; git ls-files -o --exclude-standard; } |
                       grep -E '^(src|tools)/.*\.cpp$' | sort -u || true)
fi
# Only what is compiled: a file that compile_commands.json does not know has no flags to be read with.
known=()
for file in "${files[@]}"; do
  grep -qF "\"$PWD/$file\"" "$build/compile_commands.json" && known+=("$file")
done
echo "clang-tidy: ${#known[@]} files"
[ ${#known[@]} -eq 0 ] && exit 0
printf '%s\0' "${known[@]}" | xargs -0 -P "$jobs" -n 1 clang-tidy-19 -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option 2> \
  >(grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -header' >&2 || true)

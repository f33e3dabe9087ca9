#!/usr/bin/env bash
# Runs fuzz targets, each for so many seconds, as many at once as there are cores. Usage: scripts/fuzz.sh [SECONDS] [TARGET…]
# FUZZ_SEED repeats the same random choices (0: new ones each time). FUZZ_BUILD is a build with SLIPWAY_FUZZ (build/fuzz). What is
# found new goes to $FUZZ_BUILD/found/<target>; a file crash-… there shows what is wrong. Put it into fuzz/corpus/<target> with the
# repair: the test fuzz_<target>_corpus then keeps it repaired.
set -euo pipefail
cd "$(dirname "$0")/.."
export seconds="${1:-10}" build="${FUZZ_BUILD:-build/fuzz}"
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(ls fuzz/corpus)

fuzz() {
  local target="$1" found="$build/found/$1"
  mkdir -p "$found"
  local ended=0
  SLIPWAY_FUZZ_TARGET="$target" "$build/fuzz/fuzzer" -max_total_time="$seconds" -seed="${FUZZ_SEED:-0}" -timeout=20 -rss_limit_mb=3000 -max_len=16384 \
    -print_final_stats=1 -artifact_prefix="$found/" "$found" "fuzz/corpus/$target" >"$found.log" 2>&1 || ended=$?
  grep -aE 'stat::number_of_executed_units|SUMMARY|does not hold' "$found.log" | sed "s/^/$target: /" || true
  [ $ended -eq 0 ] || { echo "$target: failed, see $found.log" >&2; return 1; }
}
export -f fuzz

printf '%s\n' "${targets[@]}" | xargs -P "${FUZZ_JOBS:-$(nproc)}" -I{} bash -c 'fuzz {}'

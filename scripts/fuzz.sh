#!/usr/bin/env bash
# Runs each fuzz target for so many seconds. Usage: scripts/fuzz.sh [SECONDS] [TARGET…]
# What is found new goes to build/fuzz/found/<target>; a file crash-… there shows what is wrong. Put it into fuzz/corpus/<target> with
# the repair: the test fuzz_<target>_corpus then keeps it repaired.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds="${1:-10}"
shift || true
build="${FUZZ_BUILD:-build/fuzz}"
targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(ls fuzz/corpus)
failed=()
for target in "${targets[@]}"; do
  found="$build/found/$target"
  mkdir -p "$found"
  echo "$target: $seconds s"
  "$build/fuzz/fuzz_$target" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$found/" "$found" "fuzz/corpus/$target" >"$found.log" 2>&1 || failed+=("$target")
  grep -E 'stat::number_of_executed_units|SUMMARY|does not hold' "$found.log" || true
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]} (see $build/found/)" >&2; exit 1; }

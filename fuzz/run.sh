#!/usr/bin/env bash
# Runs every fuzz target for so many seconds (60 if none are given), and prints how often each ran.
# Needs a nightly toolchain and cargo-fuzz (`cargo install cargo-fuzz --locked`).
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
seeds=corpus/seeds
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

# Makes the seeds anew: the format of what we write may have changed.
rm -rf "$seeds"
cargo run -q --release --example seeds -- "$seeds"

# Runs a target with these folders of seeds. What made it fail is shown, and kept in artifacts/.
failed=()
fuzz() {
    local target=$1 log=$logs/$1 status=0
    shift
    mkdir -p "corpus/$target" "artifacts/$target"
    touch "$logs/begun"
    cargo +nightly fuzz run --fuzz-dir . "$target" "corpus/$target" "$@" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=512 -max_len=20000 \
        -verbosity=0 -print_final_stats=1 >"$log" 2>&1 || status=$?
    if [ "$status" -ne 0 ]; then
        failed+=("$target")
        echo "$target failed:"
        grep -m 1 -A 3 -E 'panicked at|ERROR: ' "$log" | cut -c 1-400 || tail -n 20 "$log"
        find "artifacts/$target" -type f -newer "$logs/begun" -size -9k -print -exec xxd -p {} \;
    fi
}
fuzz compress "$seeds/jpeg"
fuzz jpeg "$seeds/jpeg"
fuzz decompress "$seeds/lep"
fuzz mutated
fuzz capi "$seeds/jpeg" "$seeds/lep"
fuzz vp8 "$seeds/ivf"
fuzz vp8_mutated
fuzz capi_video "$seeds/video"
fuzz capi_encode
fuzz vp8_encode
fuzz vp8_rebase

for target in compress jpeg decompress mutated capi vp8 vp8_mutated capi_video capi_encode vp8_encode vp8_rebase; do
    count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/$target")
    echo "$target: ${count:-no count of} executions"
done
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed: ${failed[*]}"
    exit 1
fi

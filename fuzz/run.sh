#!/usr/bin/env bash
# Runs every fuzz target for so many seconds (60 if none are given), and prints how often each ran.
# Needs a nightly toolchain and cargo-fuzz (`cargo install cargo-fuzz --locked`).
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
seeds=corpus/jpegs
if [ ! -d "$seeds" ]; then
    mkdir -p "$seeds"
    (cd .. && cargo run -q -p lentil-tests --example write_catalogue -- "fuzz/$seeds")
    find "$seeds" -size +20k -delete
fi
for target in compress decompress mutated jpeg capi; do
    mkdir -p "corpus/$target"
    log=$(mktemp)
    cargo +nightly fuzz run --fuzz-dir . "$target" "corpus/$target" "$seeds" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=20000 -verbosity=0 -print_final_stats=1 \
        >"$log" 2>&1 || { tail -n 60 "$log"; echo "fuzz target $target failed"; exit 1; }
    echo "$target: $(grep -o 'stat::number_of_executed_units: *[0-9]*' "$log" | grep -o '[0-9]*$') executions"
    rm -f "$log"
done

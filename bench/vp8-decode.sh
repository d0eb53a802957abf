#!/usr/bin/env bash
# Decoding beside libvpx and ffmpeg: user CPU seconds of whole processes that write nothing, in turns; medians.
# Wants vpxdec and ffmpeg (Debian packages vpx-tools and ffmpeg), GNU time, and streams (bench/vp8-streams.sh makes some).
# LENTIL names another binary, ROUNDS another number of rounds than 5.
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: bench/vp8-decode.sh STREAM.ivf..." >&2; exit 2; }
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lentil=${LENTIL:-${CARGO_TARGET_DIR:-$repository/target}/release/lentil}
[ -x "$lentil" ] || { echo "no program $lentil; build it: cargo build --release -p lentil-cli" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# measure NAME COMMAND...: appends user and wall seconds to a file of that name.
measure() {
    local name=$1
    shift
    /usr/bin/time -a -o "$work/$name" -f '%U %e' "$@" >/dev/null 2>&1
}

# median NAME COLUMN
median() {
    awk -v column="$2" '{ print $column }' "$work/$1" | sort -n | awk '{ a[NR] = $1 } END { print a[int((NR + 1) / 2)] }'
}

printf '%-14s %6s | %8s %8s %8s | %9s %9s | %s\n' stream frames lentil vpxdec ffmpeg "o/vpxdec" "o/ffmpeg" \
    "2 threads: wall, user"
for stream in "$@"; do
    rm -f "$work"/*
    frames=$("$lentil" decode "$stream" 2>&1 | sed -n 's/ frames of.*//p')
    for _ in $(seq "${ROUNDS:-5}"); do
        measure lentil "$lentil" decode --quiet "$stream"
        measure vpxdec vpxdec --noblit "$stream"
        measure ffmpeg ffmpeg -v error -threads 1 -c:v vp8 -i "$stream" -f null -
        measure two "$lentil" decode --quiet --threads 2 "$stream"
    done
    awk -v name="$(basename "$stream")" -v frames="$frames" \
        -v l="$(median lentil 1)" -v v="$(median vpxdec 1)" -v f="$(median ffmpeg 1)" \
        -v lw="$(median lentil 2)" -v tw="$(median two 2)" -v tu="$(median two 1)" 'BEGIN {
            printf "%-14s %6d | %8.2f %8.2f %8.2f | %9.2f %9.2f | %.2f times, %.2f times\n", name, frames,
                l, v, f, v / l, f / l, lw / tw, tu / l
        }'
done
echo "user CPU seconds; o/vpxdec: our speed over vpxdec's, more is better; two threads against one of ours"

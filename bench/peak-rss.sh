#!/usr/bin/env bash
# Prints the peak memory of `lentil compress`, `compress --no-verify` and `decompress` on one JPEG, one thread.
# Needs GNU time (Debian package `time`) and a release build. LENTIL names another binary.
set -euo pipefail

fail() {
    echo "peak-rss: $*" >&2
    exit 1
}

[ $# -eq 1 ] || fail "usage: bench/peak-rss.sh FILE.jpg"
jpeg=$1
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
lentil=${LENTIL:-${CARGO_TARGET_DIR:-$repository/target}/release/lentil}
time=/usr/bin/time
[ -r "$jpeg" ] || fail "cannot read $jpeg"
[ -x "$lentil" ] || fail "no program $lentil; build it: cargo build --release -p lentil-cli"
"$time" --version 2>&1 | grep -q GNU || fail "$time is not GNU time; install the Debian package 'time'"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# measure LABEL ARGUMENTS...: one line with the peak resident set of the program.
measure() {
    local label=$1 kib
    shift
    if ! "$time" -v -o "$work/time" "$lentil" "$@" --threads 1 --quiet --force; then
        fail "lentil $label failed"
    fi
    kib=$(sed -n 's/.*Maximum resident set size (kbytes): //p' "$work/time")
    [ -n "$kib" ] || fail "$time -v said no maximum resident set size"
    awk -v label="$label" -v kib="$kib" \
        'BEGIN { printf "%-22s %9.2f MB (%d KiB)\n", label, kib * 1024 / 1e6, kib }'
}

echo "peak resident set on $jpeg, $(wc -c <"$jpeg") bytes"
measure "compress" compress "$jpeg" -o "$work/verified.lep"
measure "compress --no-verify" compress --no-verify "$jpeg" -o "$work/photo.lep"
measure "decompress" decompress "$work/photo.lep" -o "$work/photo.jpg"
cmp "$jpeg" "$work/photo.jpg" || fail "the restored file differs"

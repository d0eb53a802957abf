#!/usr/bin/env bash
# Runs JPEG files through the Cortex-M7 program in QEMU: compresses, restores and compares each.
# Wants qemu-system-arm, the target thumbv7em-none-eabihf, and defmt-print (cargo install defmt-print).
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: run-qemu.sh JPEG..." >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
(cd "$here/boards/qemu-an500" && cargo build -q --release)
elf=$here/target/thumbv7em-none-eabihf/release/qemu-an500
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for jpeg in "$@"; do
    # Names go through a comma-separated option.
    cp "$jpeg" "$work/in.jpg"
    options=enable=on,target=native,arg=lentil,arg=$work/in.jpg,arg=$work/out.lep
    if ! timeout 300 qemu-system-arm -machine mps2-an500 -icount shift=5 -nographic -monitor none -serial none \
        -semihosting-config "$options" -kernel "$elf" >"$work/log"; then
        echo "$jpeg: failed"
        status=1
    fi
    defmt-print -e "$elf" <"$work/log" | sed "s|$work/in.jpg|$(basename "$jpeg")|"
done
exit $status

#!/usr/bin/env bash
# Runs files through the Cortex-M7 program in QEMU: compresses JPEGs, restores and compares each; decodes VP8 in IVF files,
# and compares each picture with its MD5 in X.ivf.md5 beside X.ivf (as `vpxdec --i420 --md5` prints it for each picture).
# Wants qemu-system-arm, the target thumbv7em-none-eabihf, and defmt-print (cargo install defmt-print).
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: run-qemu.sh JPEG|IVF..." >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/target}
(cd "$here/boards/qemu-an500" && cargo build -q --release)
elf=$target/thumbv7em-none-eabihf/release/qemu-an500
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
for file in "$@"; do
    # Names go through a comma-separated option.
    cp "$file" "$work/in"
    case $file in
        *.ivf) cp "$file.md5" "$work/other" ;;
        *) rm -f "$work/other" ;;
    esac
    options=enable=on,target=native,arg=lentil,arg=$work/in,arg=$work/other
    if ! timeout 300 qemu-system-arm -machine mps2-an500 -icount shift=5 -nographic -monitor none -serial none \
        -semihosting-config "$options" -kernel "$elf" >"$work/log"; then
        echo "$file: failed"
        status=1
    fi
    defmt-print -e "$elf" <"$work/log" | sed "s|$work/in|$(basename "$file")|"
done
exit $status

#!/usr/bin/env bash
# Runs files through the Cortex-M7 program in QEMU: compresses JPEGs, restores and compares each; decodes VP8 in IVF files,
# and compares each picture with its MD5 in X.ivf.md5 beside X.ivf (as `vpxdec --i420 --md5` prints it for each picture);
# encodes Y4M files of whole macroblocks, decodes what comes of it, and compares each picture with its reconstruction.
# Before all, the processor's kernels are compared with the reference.
# Wants qemu-system-arm, the target thumbv7em-none-eabihf, and defmt-print (cargo install defmt-print).
set -euo pipefail
[ $# -gt 0 ] || { echo "usage: run-qemu.sh JPEG|IVF|Y4M..." >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
target=${CARGO_TARGET_DIR:-$here/target}
(cd "$here/boards/qemu-an500" && cargo build -q --release)
elf=$target/thumbv7em-none-eabihf/release/qemu-an500
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# Runs the program with arguments; the first one is how to call what it is about.
run() {
    local name=$1 options=enable=on,target=native,arg=lentil
    shift
    for more in "$@"; do options+=,arg=$more; done
    if ! timeout 300 qemu-system-arm -machine mps2-an500 -icount shift=5 -nographic -monitor none -serial none \
        -semihosting-config "$options" -kernel "$elf" >"$work/log"; then
        echo "$name: failed"
        status=1
    fi
    defmt-print -e "$elf" <"$work/log" | sed "s|$work/in|$(basename "$name")|"
}

run "the kernels" kernels
for file in "$@"; do
    # Names go through a comma-separated option.
    cp "$file" "$work/in"
    case $file in
        *.ivf) cp "$file.md5" "$work/other" ;;
        *) rm -f "$work/other" ;;
    esac
    run "$file" "$work/in" "$work/other" "$work/sums"
    case $file in
        *.y4m)
            mv "$work/other" "$work/in"
            mv "$work/sums" "$work/other"
            run "${file%.y4m}.ivf" "$work/in" "$work/other"
            ;;
    esac
done
exit $status

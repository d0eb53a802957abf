#!/usr/bin/env bash
# Sends damaged and made frames through libvpx and through our decoder, and compares the pixels wherever both decode.
# Wants a C compiler and Debian's libvpx-dev. Exit status 1 means different pixels.
#
#     tests/vp8/against_libvpx.sh [MUTATED FRAMES [FIRST SEED [FOLDER FOR DIFFERENCES [SECONDS]]]]
set -euo pipefail
folder=$(cd "$(dirname "$0")/libvpx" && pwd)
export CARGO_TARGET_DIR=$folder/../../../target
cargo build -q --release --locked --manifest-path "$folder/Cargo.toml"
"$CARGO_TARGET_DIR/release/against-libvpx" "$@"

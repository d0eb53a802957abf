#!/usr/bin/env bash
# Builds liblentil and installs it with its header and pkg-config file below PREFIX; with --shared the
# shared library, too. Linkers prefer that one, and a program linked with it looks for
# liblentil.so.MAJOR.MINOR when it starts, a link to the file of the exact version: so PREFIX/lib must
# be where the system looks for libraries. The name without numbers is for linking only.
set -euo pipefail
usage="usage: install.sh [--shared] PREFIX"
shared=no
if [ "${1:-}" = --shared ]; then
    shared=yes
    shift
fi
prefix=${1:?$usage}
mkdir -p "$prefix/lib/pkgconfig" "$prefix/include"
prefix=$(cd "$prefix" && pwd)
cd "$(dirname "$0")"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' ../../Cargo.toml | head -n 1)
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')

# Without the rlib, the whole library is optimised at once.
build() { cargo rustc --release --locked --lib -p lentil-capi --crate-type "$@"; }
needs=$(mktemp)
trap 'rm -f "$needs"' EXIT
build staticlib -- --print "native-static-libs=$needs"
install -m 644 "$target/release/liblentil_capi.a" "$prefix/lib/liblentil.a"
if [ "$shared" = yes ]; then
    build cdylib
    install -m 755 "$target/release/liblentil_capi.so" "$prefix/lib/liblentil.so.$version"
    ln -sf "liblentil.so.$version" "$prefix/lib/liblentil.so.${version%.*}"
    ln -sf "liblentil.so.${version%.*}" "$prefix/lib/liblentil.so"
fi
install -m 644 lentil.h "$prefix/include/lentil.h"
sed -e "s|@prefix@|$prefix|" -e "s|@version@|$version|" -e "s|@private@|$(cat "$needs")|" \
    lentil.pc.in >"$prefix/lib/pkgconfig/lentil.pc"

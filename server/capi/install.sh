#!/usr/bin/env bash
# Builds liblentil and installs it with its header and pkg-config file below PREFIX.
set -euo pipefail
prefix=${1:?usage: install.sh PREFIX}
cd "$(dirname "$0")"
cargo build --release -p lentil-capi
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
version=$(sed -n 's/^version = "\(.*\)"/\1/p' ../../Cargo.toml | head -n 1)
mkdir -p "$prefix/lib/pkgconfig" "$prefix/include"
prefix=$(cd "$prefix" && pwd)
install -m 644 "$target/release/liblentil_capi.a" "$prefix/lib/liblentil.a"
install -m 644 lentil.h "$prefix/include/lentil.h"
sed -e "s|@prefix@|$prefix|" -e "s|@version@|$version|" lentil.pc.in >"$prefix/lib/pkgconfig/lentil.pc"

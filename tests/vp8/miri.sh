#!/usr/bin/env bash
# Decodes a short stream under Miri on a big-endian machine, s390x. Wants a nightly toolchain with the components miri and
# rust-src: rustup component add --toolchain nightly miri rust-src
set -euo pipefail
cd "$(dirname "$0")/../.."
cargo +nightly miri test --locked --target s390x-unknown-linux-gnu -p lentil-tests --lib the_tiny_stream

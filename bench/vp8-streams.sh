#!/usr/bin/env bash
# Makes the streams that bench/vp8-decode.sh measures: CIF at 1 Mb/s, 720p at 2 Mb/s, 1080p at 6 Mb/s, 300 frames
# and more each, by `vpxenc --good`. Wants ffmpeg and vpxenc (Debian packages ffmpeg and vpx-tools) and two clips.
set -euo pipefail
[ $# -eq 3 ] || { echo "usage: bench/vp8-streams.sh CIF-CLIP 720P-CLIP FOLDER" >&2; exit 2; }
cif=$1 hd=$2 folder=$3
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# clip IN OUT [FILTER]: a clip forwards and backwards, again and again until it has 300 frames, in OUT.
clip() {
    local filter=${3:-null} frames loops
    ffmpeg -v error -y -i "$1" -filter_complex "[0]$filter,split[a][b];[b]reverse[r];[a][r]concat" \
        -pix_fmt yuv420p "$work/once.y4m"
    frames=$(ffprobe -v error -count_packets -show_entries stream=nb_read_packets -of csv=p=0 "$work/once.y4m")
    loops=$(((299 + frames) / frames - 1))
    ffmpeg -v error -y -stream_loop "$loops" -i "$work/once.y4m" -pix_fmt yuv420p "$2"
}

# encode Y4M KBPS OUT [OPTION...]
encode() {
    local in=$1 rate=$2 out=$3
    shift 3
    vpxenc -q --codec=vp8 --ivf --good --cpu-used=3 --threads=1 --target-bitrate="$rate" "$@" -o "$out" "$in"
}

clip "$cif" "$work/cif.y4m"
encode "$work/cif.y4m" 1000 "$folder/cif.ivf"
clip "$hd" "$work/720.y4m"
encode "$work/720.y4m" 2000 "$folder/720.ivf"
rm "$work/720.y4m"
clip "$hd" "$work/1080.y4m" scale=1920:1080:flags=lanczos
encode "$work/1080.y4m" 6000 "$folder/1080.ivf"
ls -l "$folder"

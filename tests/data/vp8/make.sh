#!/usr/bin/env bash
# Makes the streams beside it from ffmpeg's synthetic sources with ffmpeg 5.1 and vpxenc 1.12 (Debian 12: ffmpeg, vpx-tools).
# They are kept: tests must not depend on encoders.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# make NAME SOURCE FRAMES OPTIONS...
make() {
    local name=$1 source=$2 frames=$3
    shift 3
    ffmpeg -nostdin -v error -y -f lavfi -i "$source" -frames:v "$frames" -pix_fmt yuv420p "$work/$name.y4m"
    vpxenc --codec=vp8 --ivf -q --disable-warning-prompt -t 1 -o "$name.ivf" "$@" "$work/$name.y4m"
    # A line a picture: the MD5 of its I420 bytes.
    vpxdec --i420 --md5 -o "$work/%5" "$name.ivf" | cut -d' ' -f1 >"$name.ivf.md5"
}

# For the microcontroller: a moving picture with noise and a hidden alternate reference.
make qcif "testsrc2=size=176x144:rate=15,noise=alls=8:allf=t" 16 -p 2 --good --cpu-used=1 --target-bitrate=180 --auto-alt-ref=1 --lag-in-frames=10
# For Miri: as short as can be.
make tiny "testsrc2=size=32x32:rate=15" 2 --good --cpu-used=1 --target-bitrate=60
# What mutations begin with.
for profile in 0 1 2 3; do
    size=$((32 + 11 * profile))x$((48 - 7 * profile))
    make "profile$profile" "mandelbrot=size=$size:rate=5,noise=alls=5:allf=t" 6 --good --cpu-used=0 --profile=$profile --target-bitrate=100 \
        --token-parts=$profile --sharpness=$((2 * profile)) --error-resilient=$((profile % 2))
done
make moving "testsrc2=size=64x48:rate=3,noise=alls=4:allf=t" 8 -p 2 --good --cpu-used=0 --target-bitrate=60 --auto-alt-ref=1 --lag-in-frames=6
make still "smptebars=size=40x40:rate=15,noise=alls=6:allf=t" 6 --rt --cpu-used=-4 --target-bitrate=40 --static-thresh=100 --noise-sensitivity=2
# Token partitions and hidden frames; the same in WebM.
make small "testsrc2=size=64x48:rate=25" 20 -p 2 --good --cpu-used=1 --target-bitrate=120 --token-parts=1 --auto-alt-ref=1 --lag-in-frames=5
ffmpeg -nostdin -v error -y -i small.ivf -c copy -fflags +bitexact -flags:v +bitexact small.webm

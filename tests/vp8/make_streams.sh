#!/usr/bin/env bash
# Makes VP8 streams with every option of vpxenc and ffmpeg that changes the bitstream, and compares the MD5 of every
# shown frame of vpxdec with ours. Wants Debian's vpx-tools and ffmpeg.
#
#     tests/vp8/make_streams.sh [FOLDER FOR THE STREAMS]
#
# LENTIL_DATA is the data folder (default: ../shared/data beside the repository); VP8_MD5 prints the MD5 of each shown
# frame of a file (default: our example, which is built).
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
data=${LENTIL_DATA:-$repository/../shared/data}/video
out=${1:-$(mktemp -d)}
mkdir -p "$out"
if [ -z "${VP8_MD5:-}" ]; then
    (cd "$repository" && cargo build --release --locked -p lentil-tests --example vp8_md5)
    VP8_MD5=$repository/target/release/examples/vp8_md5
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# source NAME FRAMES FILTERS INPUT...: a Y4M file.
source_of() {
    local name=$1 frames=$2 filters=$3
    shift 3
    ffmpeg -nostdin -v error -y "$@" -frames:v "$frames" -vf "$filters" -pix_fmt yuv420p "$work/$name.y4m"
}

# enc NAME SOURCE OPTIONS...: a stream by vpxenc.
enc() {
    local name=$1 from=$2
    shift 2
    [ -s "$out/$name.ivf" ] || vpxenc --codec=vp8 --ivf -q --disable-warning-prompt -t 1 -o "$out/$name.ivf" "$@" "$work/$from.y4m"
}

# ff NAME SOURCE OPTIONS...: a stream by ffmpeg.
ff() {
    local name=$1 from=$2
    shift 2
    [ -s "$out/$name.ivf" ] || ffmpeg -nostdin -v error -y -i "$work/$from.y4m" -c:v libvpx "$@" "$out/$name.ivf"
}

# join NAME STREAMS...: one after the other.
join() {
    local name=$1 first=$2
    shift
    head -c 32 "$out/$first.ivf" >"$out/$name.ivf"
    for stream in "$@"; do tail -c +33 "$out/$stream.ivf" >>"$out/$name.ivf"; done
}

source_of cif 40 null -i "$data/bbb_cif.mkv"
source_of qcif 60 null -i "$data/carphone_qcif.mkv"
source_of city 40 null -i "$data/city_352x192.mkv"
source_of odd 40 crop=175:143 -i "$data/bbb_cif.mkv"
source_of big 12 null -i "$data/bbb_720p.mkv"
# Jumps by up to half the picture: vectors that point far out.
source_of jumps 40 "crop=176:144:x='random(1)*176':y='random(2)*48'" -i "$data/city_352x192.mkv"
source_of rolls 40 "scroll=h=0.06:v=0.04,crop=162:98" -i "$data/bbb_cif.mkv"
source_of noise 20 "noise=alls=60:allf=t+u,crop=160:96" -i "$data/bbb_cif.mkv"
for size in 1x1 2x2 3x5 15x17 16x16 17x33 33x16 64x1 1x64; do
    source_of "s$size" 12 "scale=${size/x/:}" -i "$data/bbb_cif.mkv"
done
source_of wide 3 scale=16383:18 -i "$data/bbb_cif.mkv"
source_of high 3 scale=18:16383 -i "$data/bbb_cif.mkv"

fast="--good --cpu-used=4 --target-bitrate=300"
for profile in 0 1 2 3; do
    for from in cif odd jumps rolls; do enc "profile$profile-$from" $from $fast --profile=$profile; done
    enc "profile$profile-noise" noise --best --profile=$profile --target-bitrate=2000 --min-q=0 --max-q=20
    enc "profile$profile-rough" jumps --rt --cpu-used=-6 --profile=$profile --target-bitrate=40 --max-q=63
    enc "profile$profile-sharp" jumps $fast --profile=$profile --sharpness=7 --noise-sensitivity=1
done
for parts in 0 1 2 3; do
    for from in cif qcif s17x33 big; do enc "parts$parts-$from" $from $fast --token-parts=$parts; done
    enc "parts$parts-resilient" qcif $fast --token-parts=$parts --error-resilient=3
done
for resilient in 1 2 3; do enc "resilient$resilient" city --rt --cpu-used=-4 --target-bitrate=200 --error-resilient=$resilient; done
for threshold in 1 100 1000 20000; do enc "static$threshold" qcif --rt --cpu-used=-8 --target-bitrate=100 --static-thresh=$threshold; done
for sharpness in 0 1 2 3 4 5 6 7; do enc "sharpness$sharpness" rolls $fast --sharpness=$sharpness; done
for noise in 1 2 3 4 5 6; do enc "denoise$noise" noise --rt --cpu-used=-4 --target-bitrate=200 --noise-sensitivity=$noise; done
for size in 1x1 2x2 3x5 15x17 16x16 17x33 33x16 64x1 1x64; do
    enc "size$size" "s$size" $fast --target-bitrate=50
    enc "size$size-simple" "s$size" $fast --target-bitrate=50 --profile=3
done
enc wide wide --rt --cpu-used=-12 --target-bitrate=2000
enc high high --rt --cpu-used=-12 --target-bitrate=2000 --profile=1
enc altref city -p 2 --good --cpu-used=2 --target-bitrate=150 --auto-alt-ref=1 --lag-in-frames=16 --arnr-maxframes=7 --arnr-strength=5
enc altref-cif cif -p 2 --good --cpu-used=1 --target-bitrate=250 --auto-alt-ref=1 --lag-in-frames=25 --kf-max-dist=17
enc best qcif --best --target-bitrate=120 --auto-alt-ref=1 --lag-in-frames=10
enc golden qcif --rt --cpu-used=-3 --target-bitrate=90 --end-usage=cbr --gf-cbr-boost=100 --max-intra-rate=200
enc screen qcif --rt --cpu-used=-5 --target-bitrate=90 --end-usage=cbr --screen-content-mode=2
enc cq city --good --cpu-used=3 --end-usage=cq --cq-level=20 --target-bitrate=400
enc ssim city --good --cpu-used=3 --tune=ssim --target-bitrate=300
enc intra qcif $fast --kf-max-dist=0
enc resize cif --rt --cpu-used=-6 --end-usage=cbr --target-bitrate=30 --buf-sz=400 --buf-initial-sz=200 --buf-optimal-sz=300 --resize-allowed=1 --resize-up=60 --resize-down=50 --max-q=50
enc resize-two cif -p 2 --good --cpu-used=4 --target-bitrate=40 --resize-allowed=1 --resize-up=90 --resize-down=70
enc drops cif --rt --cpu-used=-6 --end-usage=cbr --target-bitrate=60 --drop-frame=70
enc fine city --good --cpu-used=3 --target-bitrate=6000 --min-q=0 --max-q=4
enc coarse city --good --cpu-used=3 --target-bitrate=10 --min-q=60 --max-q=63
join sizes parts0-qcif profile0-cif profile3-odd size1x1 altref profile1-jumps parts3-big size64x1-simple
join sizes-same parts3-qcif parts1-qcif profile2-jumps

ff layers2 qcif -b:v 150k -deadline realtime -cpu-used 6 -error-resilient 1 -ts-parameters ts_number_layers=2:ts_target_bitrate=90,150:ts_rate_decimator=2,1:ts_periodicity=2:ts_layer_id=0,1:ts_layering_mode=2
ff layers3 qcif -b:v 150k -deadline realtime -cpu-used 6 -error-resilient 1 -ts-parameters ts_number_layers=3:ts_target_bitrate=60,100,150:ts_rate_decimator=4,2,1:ts_periodicity=4:ts_layer_id=0,2,1,2:ts_layering_mode=3
ff ffmpeg city -b:v 250k -deadline good -cpu-used 3 -slices 4 -g 15 -auto-alt-ref 1 -lag-in-frames 12
ff ffmpeg-partitions city -b:v 250k -deadline good -cpu-used 3 -error-resilient partitions -slices 8

count=0 frames=0 bad=0
for stream in "$out"/*.ivf; do
    rm -f "$work"/f-*
    (cd "$work" && vpxdec --i420 --md5 -o 'f-%5.i420' "$stream" 2>"$work/peer.err" | cut -d' ' -f1 >"$work/peer") || true
    "$VP8_MD5" "$stream" >"$work/ours" 2>"$work/ours.err" || true
    count=$((count + 1)) frames=$((frames + $(wc -l <"$work/peer")))
    if [ ! -s "$work/peer" ] || ! cmp -s "$work/peer" "$work/ours"; then
        bad=$((bad + 1))
        echo "different: $stream ($(wc -l <"$work/peer") frames, ours $(wc -l <"$work/ours")) $(head -1 "$work/ours.err") $(head -1 "$work/peer.err")"
    fi
done
echo "$count streams, $frames shown frames, $bad streams different"
[ "$bad" = 0 ]

#!/usr/bin/env python3
"""Bit rates in one pass beside libvpx: what `lentil encode --bitrate` and vpxenc make of a rate, and how well they hold it.

    bench/vp8-rate.py CLIP.y4m...

Prints a table: BD-rate (by PSNR and SSIM of luma, at the rates that came out) against one pass of `vpxenc --good
--cpu-used=0`; how far the first five seconds are from the rate that was asked for; and how far any half second is, the
worst of all. Then the same half seconds clip by clip. Wants vpxenc (Debian package vpx-tools) and ffmpeg, and
target/release/lentil (LENTIL names another one).
"""

import argparse
import os
import pathlib
import re
import tempfile

from rd import LENTIL, bd_rate, frame_rate, ivf_sizes, kilobits, quality, run

# Bits for a macroblock of a frame: from bad to good.
BITS = [6, 12, 24, 48, 96]


def vpxenc(*usage):
    return lambda clip, out, rate: [
        "vpxenc", "--codec=vp8", "--ivf", "--quiet", "--disable-warning-prompt", "--good", "--cpu-used=0", "--passes=1",
        "--threads=1", "--lag-in-frames=0", "--auto-alt-ref=0", "--kf-max-dist=128", *usage, f"--target-bitrate={rate}",
        "-o", out, clip,
    ]


def lentil(preset):
    return lambda clip, out, rate: [
        LENTIL, "encode", clip, "-o", out, "--force", "--quiet", "--preset", preset, "--bitrate", str(rate),
    ]


REFERENCE = "vpxenc vbr"
ENCODERS = {
    REFERENCE: vpxenc("--end-usage=vbr"),
    "vpxenc cbr": vpxenc("--end-usage=cbr"),
    "lentil best": lentil("best"),
    "lentil good": lentil("good"),
    "lentil realtime": lentil("realtime"),
}


def rates(clip):
    """Rates to ask for, in kb/s."""
    with open(clip, "rb") as file:
        header = file.readline().decode()
    width, height = (int(re.search(rf" {side}(\d+)", header)[1]) for side in "WH")
    macroblocks = -(-width // 16) * -(-height // 16)
    return [max(1, round(macroblocks * frame_rate(clip) * bits / 1000)) for bits in BITS]


def measure(encode, clip, folder):
    """For each rate: kb/s, PSNR, SSIM, and the errors of the first five seconds and of the worst half second."""
    points = []
    for rate in rates(clip):
        out = os.path.join(folder, "out.ivf")
        run(encode(clip, out, rate))
        sizes, fps = ivf_sizes(out), frame_rate(clip)
        error = lambda part: kilobits(part, fps) / rate - 1
        half = round(fps / 2)
        halves = [error(sizes[at : at + half]) for at in range(len(sizes) - half + 1)]
        points.append((kilobits(sizes, fps), *quality(out, clip), error(sizes[: round(5 * fps)]), max(halves, key=abs)))
    return points


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+", metavar="CLIP.y4m")
    arguments = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for clip in arguments.clips:
            results[pathlib.Path(clip).stem] = {e: measure(how, clip, folder) for e, how in ENCODERS.items()}
    print(f"{'encoder':16} {'PSNR':>8} {'SSIM':>8} {'5 s':>8} {'half s':>8}  by clip: PSNR, SSIM; 5 s, half s by rate")
    for encoder in ENCODERS:
        bd, worst, details = [], [0, 0], []
        for name, of_clip in results.items():
            points = of_clip[encoder]
            bd.append([bd_rate(of_clip[REFERENCE], points, metric) for metric in (1, 2)])
            worst = [max([w, *(p[3 + i] for p in points)], key=abs) for i, w in enumerate(worst)]
            errors = ", ".join(f"{100 * p[3]:+.1f}/{100 * p[4]:+.0f}" for p in points)
            details.append(f"{name} {bd[-1][0]:+.1f} {bd[-1][1]:+.1f}; {errors}")
        psnr, ssim = (sum(column) / len(bd) for column in zip(*bd))
        five, half = (100 * w for w in worst)
        print(f"{encoder:16} {psnr:+7.1f}% {ssim:+7.1f}% {five:+7.1f}% {half:+7.1f}%  {' | '.join(details)}", flush=True)
    print(f"BD-rate against {REFERENCE}, worst errors of rates; in per cent")


if __name__ == "__main__":
    main()

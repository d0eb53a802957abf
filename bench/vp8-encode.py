#!/usr/bin/env python3
"""Encoding beside libvpx: rate, quality and speed of `lentil encode`'s presets and of vpxenc at fixed quantizers.

    bench/vp8-encode.py [--plots FOLDER] CLIP.y4m...

Prints a table: BD-rate (by PSNR and SSIM of luma) and speed of each encoder against `vpxenc --good --cpu-used=0`; with
--plots draws rate against quality as FOLDER/CLIP.svg. Wants vpxenc (Debian package vpx-tools) and ffmpeg, and
target/release/lentil (LENTIL names another one). Speeds are of user CPU seconds of whole processes, one thread.
"""

import argparse
import math
import os
import pathlib
import tempfile

from rd import LENTIL, bd_rate, frame_rate, ivf_sizes, kilobits, quality, run

# Quantizers: vpxenc counts 0 to 63, lentil as the stream does; these give about the same rates.
VPXENC_QUANTIZERS = [8, 18, 28, 38, 48, 56]
LENTIL_QUANTIZERS = [10, 20, 34, 52, 78, 104]


def vpxenc(*speed):
    """vpxenc at a fixed quantizer, without what a single pass has not: lag and hidden frames."""
    return lambda clip, out, q: [
        "vpxenc", "--codec=vp8", "--ivf", "--quiet", "--disable-warning-prompt", *speed, "--passes=1", "--threads=1",
        "--lag-in-frames=0", "--auto-alt-ref=0", "--end-usage=vbr", "--target-bitrate=20000", "--kf-max-dist=9999",
        f"--min-q={q}", f"--max-q={q}", "-o", out, clip,
    ]


def lentil(preset):
    return lambda clip, out, q: [
        LENTIL, "encode", clip, "-o", out, "--force", "--quiet", "--preset", preset, "--quantizer", str(q),
        "--keyint", "9999",
    ]


REFERENCE = "vpxenc good 0"
ENCODERS = {
    REFERENCE: (vpxenc("--good", "--cpu-used=0"), VPXENC_QUANTIZERS),
    "vpxenc best": (vpxenc("--best"), VPXENC_QUANTIZERS),
    "vpxenc rt -8": (vpxenc("--rt", "--cpu-used=-8"), VPXENC_QUANTIZERS),
    "lentil best": (lentil("best"), LENTIL_QUANTIZERS),
    "lentil good": (lentil("good"), LENTIL_QUANTIZERS),
    "lentil realtime": (lentil("realtime"), LENTIL_QUANTIZERS),
}


def measure(encode, quantizers, clip, folder):
    """For each quantizer: kb/s, PSNR, SSIM, user CPU seconds."""
    points = []
    for q in quantizers:
        out = os.path.join(folder, "out.ivf")
        seconds = run(encode(clip, out, q))
        rate = kilobits(ivf_sizes(out), frame_rate(clip))
        points.append((rate, *quality(out, clip), seconds))
    return sorted(points)


def svg(clip, results):
    """Rate (logarithmic) against PSNR."""
    width, height, margin = 720, 480, 60
    every = [p for points in results.values() for p in points]
    left, right = (f(math.log(p[0]) for p in every) for f in (min, max))
    low, high = (f(p[1] for p in every) for f in (min, max))
    place = lambda rate, psnr: (
        margin + (math.log(rate) - left) / (right - left) * (width - 2 * margin),
        height - margin - (psnr - low) / (high - low) * (height - 2 * margin),
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<text x="{margin}" y="30" font-size="16">{clip}: PSNR of luma (dB) by rate (kb/s)</text>',
    ]
    for rate in (a * 10**b for b in range(6) for a in (1, 2, 5)):
        if left <= math.log(rate) <= right:
            x, y = place(rate, low)
            lines.append(f'<path d="M{x:.1f} {margin}V{y:.1f}" stroke="#ddd"/>')
            lines.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle">{rate}</text>')
    for psnr in range(math.ceil(low), math.floor(high) + 1, 2):
        x, y = place(math.exp(left), psnr)
        lines.append(f'<path d="M{x:.1f} {y:.1f}H{width - margin}" stroke="#ddd"/>')
        lines.append(f'<text x="{x - 6:.1f}" y="{y + 4:.1f}" text-anchor="end">{psnr}</text>')
    colours = ["#000000", "#888888", "#bb9900", "#0050c0", "#008040", "#c02020"]
    for i, ((name, points), colour) in enumerate(zip(results.items(), colours)):
        path = "L".join("{:.1f} {:.1f}".format(*place(p[0], p[1])) for p in points)
        lines.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        y = height - margin - 16 * (len(results) - i)
        lines.append(f'<text x="{width - margin - 110}" y="{y}" fill="{colour}">{name}</text>')
    return "\n".join([*lines, "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+", metavar="CLIP.y4m")
    parser.add_argument("--plots", type=pathlib.Path, metavar="FOLDER")
    arguments = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        for clip in arguments.clips:
            name = pathlib.Path(clip).stem
            results[name] = {e: measure(*how, clip, folder) for e, how in ENCODERS.items()}
            if arguments.plots:
                arguments.plots.mkdir(parents=True, exist_ok=True)
                (arguments.plots / f"{name}.svg").write_text(svg(name, results[name]))
    print(f"{'encoder':16} {'PSNR':>8} {'SSIM':>8} {'speed':>7}  by clip")
    for encoder in ENCODERS:
        rates, speeds = [], []
        for of_clip in results.values():
            reference, points = of_clip[REFERENCE], of_clip[encoder]
            rates.append([bd_rate(reference, points, metric) for metric in (1, 2)])
            speeds.append(sum(p[3] for p in reference) / sum(p[3] for p in points))
        psnr, ssim = (sum(column) / len(rates) for column in zip(*rates))
        speed = math.exp(sum(map(math.log, speeds)) / len(speeds))
        details = "; ".join(f"{n} {p:+.1f} {s:+.1f} {v:.2f}" for n, (p, s), v in zip(results, rates, speeds))
        print(f"{encoder:16} {psnr:+7.1f}% {ssim:+7.1f}% {speed:6.2f}x  {details}", flush=True)
    print(f"BD-rate and speed against {REFERENCE}; less is better, and more")


if __name__ == "__main__":
    main()

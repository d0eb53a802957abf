#!/usr/bin/env python3
"""What it costs to encode a film as many tasks: lentil encode --parallel against one serial encode.

    bench/vp8-parallel.py [--parallel N,X] [--warm-up W...] [--preset P] [--equal] CLIP.y4m...

Prints BD-rates (by PSNR and SSIM of luma) against one serial encode of the same preset and quantizers with a key frame where chains begin, and
the user CPU time as a multiple of that of the serial encode. Wants ffmpeg and target/release/lentil (LENTIL names another one).
"""

import argparse
import pathlib
import tempfile

from rd import LENTIL, bd_rate, frame_rate, ivf_sizes, kilobits, quality, run

QUANTIZERS = [12, 26, 48, 80]


def measure(clip, folder, options, more):
    """Points of rate and quality, and the CPU time of all of them; `more` gives the options that go with a quantizer."""
    points, seconds = [], 0
    for quantizer in QUANTIZERS:
        path = folder / "out.ivf"
        seconds += run([
            LENTIL, "encode", clip, "-o", str(path), "--force", "--quiet", "--preset", options.preset, "--quantizer", str(quantizer),
            *more(quantizer),
        ])
        points.append((kilobits(ivf_sizes(path), frame_rate(clip)), *quality(str(path), clip)))
    return points, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+", metavar="CLIP.y4m")
    parser.add_argument("--parallel", default="6,16", metavar="N,X")
    parser.add_argument("--warm-up", nargs="+", type=int, metavar="W", default=[3], help="pictures before a chunk (3)")
    parser.add_argument("--preset", default="good", metavar="P")
    parser.add_argument("--equal", action="store_true", help="first frames of chunks have the quantizer of the others")
    options = parser.parse_args()
    pictures, chain = map(int, options.parallel.split(","))
    print(f"[{pictures},{chain}] by preset {options.preset}: BD-rate against one serial encode (PSNR, SSIM), CPU time as a multiple of its")
    for clip in options.clips:
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            serial, alone = measure(clip, folder, options, lambda _: ["--keyint", str(pictures * chain)])
            for warm_up in options.warm_up:
                def more(quantizer):
                    place = ["--jobs", "1", "--store", str(folder / str(warm_up))]
                    first = ["--first-quantizer", str(quantizer)] if options.equal else []
                    return ["--parallel", options.parallel, "--warm-up", str(warm_up), *place, *first]

                points, seconds = measure(clip, folder, options, more)
                psnr, ssim = (bd_rate(serial, points, metric) for metric in (1, 2))
                print(f"{pathlib.Path(clip).stem:16} warmed up on {warm_up} {psnr:+6.1f}% {ssim:+6.1f}%  {seconds / alone:.2f}", flush=True)


if __name__ == "__main__":
    main()

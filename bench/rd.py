"""Rate, quality and time of encoders: what the tables of encoding are made of. Wants ffmpeg."""

import math
import os
import pathlib
import re
import resource
import struct
import subprocess

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
TARGET = os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")
# The program to measure.
LENTIL = os.environ.get("LENTIL", f"{TARGET}/release/lentil")


def run(command):
    """User CPU seconds of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = subprocess.run(command, capture_output=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}:\n{done.stderr.decode(errors='replace')[-2000:]}")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def frame_rate(clip):
    with open(clip, "rb") as file:
        header = file.readline().decode()
    rate = re.search(r" F(\d+):(\d+)", header)
    return int(rate[1]) / int(rate[2])


def ivf_sizes(path):
    """Bytes of each frame."""
    data = pathlib.Path(path).read_bytes()
    at, sizes = 32, []
    while at + 12 <= len(data):
        sizes.append(struct.unpack_from("<I", data, at)[0])
        at += 12 + sizes[-1]
    return sizes


def kilobits(sizes, rate):
    """Thousands of bits a second of frames of these sizes."""
    return sum(sizes) * 8 / 1000 * rate / len(sizes)


def quality(out, clip):
    """PSNR of luma in decibels, and SSIM of luma in decibels of its distance from 1, as ffmpeg says."""
    numbered = "[0:v]settb=1/25,setpts=N,split[a][c];[1:v]settb=1/25,setpts=N,split[b][d]"
    graph = f"{numbered};[a][b]psnr;[c][d]ssim"
    command = ["ffmpeg", "-hide_banner", "-threads", "1", "-i", out, "-i", clip, "-lavfi", graph]
    said = subprocess.run([*command, "-vsync", "passthrough", "-f", "null", "-"], capture_output=True, text=True).stderr
    psnr, ssim = re.search(r"PSNR y:(\S+)", said), re.search(r"SSIM Y:(\S+)", said)
    if not psnr or not ssim:
        raise SystemExit(f"{out}: ffmpeg measured nothing:\n{said[-2000:]}")
    return float(psnr[1]), -10 * math.log10(1 - float(ssim[1]))


class Curve:
    """The logarithm of the rate as a function of quality: cubic between points, without overshoot (Fritsch and
    Carlson, 1980)."""

    def __init__(self, points):
        self.x, self.y = [], []
        for x, y in sorted(points):
            if not self.x or x > self.x[-1]:
                self.x.append(x)
                self.y.append(y)
        slopes = [(b - a) / (d - c) for a, b, c, d in zip(self.y, self.y[1:], self.x, self.x[1:])]
        self.tangents = [slopes[0], *((a + b) / 2 if a * b > 0 else 0 for a, b in zip(slopes, slopes[1:])), slopes[-1]]
        for i, slope in enumerate(slopes):
            if slope == 0:
                self.tangents[i] = self.tangents[i + 1] = 0
                continue
            a, b = self.tangents[i] / slope, self.tangents[i + 1] / slope
            if a * a + b * b > 9:
                scale = 3 / math.hypot(a, b)
                self.tangents[i], self.tangents[i + 1] = scale * a * slope, scale * b * slope

    def at(self, x):
        i = max(j for j in range(len(self.x) - 1) if j == 0 or self.x[j] <= x)
        width = self.x[i + 1] - self.x[i]
        t = (x - self.x[i]) / width
        start = self.y[i] * (1 + 2 * t) * (1 - t) ** 2 + width * self.tangents[i] * t * (1 - t) ** 2
        end = self.y[i + 1] * t * t * (3 - 2 * t) - width * self.tangents[i + 1] * t * t * (1 - t)
        return start + end


def bd_rate(reference, points, metric):
    """The mean difference of rates at the same quality in per cent (Bjøntegaard, VCEG-M33)."""
    curves = [Curve([(p[metric], math.log(p[0])) for p in of]) for of in (reference, points)]
    low, high = max(c.x[0] for c in curves), min(c.x[-1] for c in curves)
    if high <= low:
        return math.nan
    steps = 1000
    middles = [low + (high - low) * (i + 0.5) / steps for i in range(steps)]
    return 100 * math.expm1(sum(curves[1].at(x) - curves[0].at(x) for x in middles) / steps)

#!/usr/bin/env python3
"""ExCamera's way to encode: chunks by themselves, side by side, and then rebased one after the other. What it costs.

    bench/vp8-chunks.py [--frames N] [--chain X] [--warm-up N] [--preset P] CLIP.y4m...

Chunks of N frames (6) are encoded apart from each other, and then each is rebased onto the one before it, in chains of X
chunks (16); a chain begins with a key frame. There are two orders in which a chunk can be encoded:

    key frame first    it begins with a key frame, which becomes an inter frame when the chunk is rebased (ExCamera)
    warmed up          frames before it (--warm-up, 6) are encoded first, and thrown away: all its frames are inter frames

Prints BD-rates (by PSNR and SSIM of luma) against one serial encode with a key frame where chains begin, and the user CPU
time of rebasing as a part of that of encoding the same frames: of all frames, and of those that are only rebased, without
key frames that are encoded anew. Warming up is not counted as encoding. Wants ffmpeg and target/release/lentil (LENTIL names another
one).
"""

import argparse
import os
import pathlib
import struct
import tempfile

from rd import LENTIL, bd_rate, frame_rate, ivf_sizes, kilobits, quality, run

QUANTIZERS = [12, 26, 48, 80]


class Y4m:
    """A clip's pictures as bytes."""

    def __init__(self, path):
        data = pathlib.Path(path).read_bytes()
        end = data.index(b"\n") + 1
        self.header, fields = data[:end], data[:end].split()
        width, height = (int(next(f for f in fields if f[:1] == side)[1:]) for side in (b"W", b"H"))
        size = width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)
        self.frames = []
        while end < len(data):
            end = data.index(b"\n", end) + 1
            self.frames.append(data[end : end + size])
            end += size

    def write(self, path, frames):
        path.write_bytes(self.header + b"".join(b"FRAME\n" + frame for frame in frames))


def ivf_frames(path):
    data, at, frames = path.read_bytes(), 32, []
    while at + 12 <= len(data):
        (size,) = struct.unpack_from("<I", data, at)
        frames.append(data[at + 12 : at + 12 + size])
        at += 12 + size
    return data[:32], frames


def write_ivf(path, header, frames):
    parts = [header[:24], struct.pack("<II", len(frames), 0)]
    for at, frame in enumerate(frames):
        parts += [struct.pack("<IQ", len(frame), at), frame]
    path.write_bytes(b"".join(parts))


class Bench:
    """A clip at a quantizer."""

    def __init__(self, clip, folder, options):
        self.clip, self.folder, self.options = clip, folder, options
        self.y4m = Y4m(clip)
        count = options.frames
        self.chunks = [self.y4m.frames[at : at + count] for at in range(0, len(self.y4m.frames), count)]
        for i, chunk in enumerate(self.chunks):
            self.y4m.write(folder / f"{i}.y4m", chunk)
            first = i * count
            self.y4m.write(folder / f"{i}.warm.y4m", self.y4m.frames[max(first - options.warm_up, 0) : first])
            self.y4m.write(folder / f"{i}.first.y4m", chunk[:1])

    def file(self, name):
        return str(self.folder / name)

    def encode(self, source, out, quantizer, *more):
        return run([
            LENTIL, "encode", source, "-o", self.file(out), "--force", "--quiet", "--preset", self.options.preset,
            "--quantizer", str(quantizer), *more,
        ])

    def point(self, path):
        sizes = ivf_sizes(path)
        return (kilobits(sizes, frame_rate(self.clip)), *quality(path, self.clip))

    def serial(self, quantizer):
        """One encode after the other, chain by chain."""
        keyint = self.options.frames * self.options.chain
        self.encode(self.clip, "serial.ivf", quantizer, "--keyint", str(keyint))
        return self.point(self.file("serial.ivf"))

    def chunk(self, i, quantizer, warm):
        """Encodes a chunk apart from the others; gives its CPU time."""
        source, out = self.file(f"{i}.y4m"), f"{i}.ivf"
        if i % self.options.chain == 0:
            return self.encode(source, out, quantizer, "--save-state", self.file("state"))
        if not warm:
            return self.encode(source, out, quantizer)
        self.encode(self.file(f"{i}.warm.y4m"), "warm.ivf", quantizer, "--save-state", self.file("warm"))
        return self.encode(source, out, quantizer, "--start-state", self.file("warm"), "--to-rebase")

    def run_rebase(self, image, frames, *more):
        return run([
            LENTIL, "rebase", "--state", self.file("state"), "--image", self.file(image), "--frames", self.file(frames),
            "-o", self.file("rebased.ivf"), "--save-state", self.file("next"), "--force", "--quiet", "--preset",
            self.options.preset, *more,
        ])

    def rebase(self, i, warm):
        """Rebases it onto the one before; gives the CPU time, and that of its key frame."""
        of_key_frame = 0
        if not warm:
            header, frames = ivf_frames(self.folder / f"{i}.ivf")
            write_ivf(self.folder / "first.ivf", header, frames[:1])
            of_key_frame = self.run_rebase(f"{i}.first.y4m", "first.ivf")
        more = ["--old-state", self.file("warm")] if warm else []
        seconds = self.run_rebase(f"{i}.y4m", f"{i}.ivf", *more)
        os.replace(self.file("next"), self.file("state"))
        os.replace(self.file("rebased.ivf"), self.file(f"{i}.ivf"))
        return seconds, of_key_frame

    def chained(self, quantizer, warm):
        """Rate and quality of chunks in chains, and CPU times of chunks that are rebased: of encoding and of rebasing, and both
        without what is encoded anew."""
        times, frames = [0, 0, 0, 0], []
        for i, pictures in enumerate(self.chunks):
            encoding = self.chunk(i, quantizer, warm)
            if i % self.options.chain > 0:
                rebasing, of_key_frame = self.rebase(i, warm)
                inter = len(pictures) - (not warm)
                of_inter = [encoding * inter / len(pictures), rebasing - of_key_frame]
                times = [a + b for a, b in zip(times, [encoding, rebasing, *of_inter])]
            header, of_chunk = ivf_frames(self.folder / f"{i}.ivf")
            frames += of_chunk
        path = self.folder / "chained.ivf"
        write_ivf(path, header, frames)
        return self.point(str(path)), times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+", metavar="CLIP.y4m")
    parser.add_argument("--frames", type=int, default=6, metavar="N")
    parser.add_argument("--chain", type=int, default=16, metavar="X")
    parser.add_argument("--warm-up", type=int, default=6, metavar="N")
    parser.add_argument("--preset", default="good", metavar="P")
    options = parser.parse_args()
    print(f"[{options.frames},{options.chain}] by preset {options.preset}: BD-rate against one serial encode (PSNR, SSIM), "
          "time of rebasing against encoding: all frames, those that are only rebased")
    for clip in options.clips:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(clip, pathlib.Path(folder), options)
            serial = [bench.serial(q) for q in QUANTIZERS]
            for name, warm in (("key frame first", False), ("warmed up", True)):
                all = [bench.chained(q, warm) for q in QUANTIZERS]
                points = [point for point, _ in all]
                psnr, ssim = (bd_rate(serial, points, metric) for metric in (1, 2))
                times = [sum(times[i] for _, times in all) for i in range(4)]
                parts = f"{times[1] / times[0]:.3f} {times[3] / times[2]:.3f}"
                print(f"{pathlib.Path(clip).stem:16} {name:16} {psnr:+6.1f}% {ssim:+6.1f}%  {parts}", flush=True)


if __name__ == "__main__":
    main()

"""A slower disk for any program that flushes through libc: its fsync and fdatasync last as long as is told (slow_flush.c, LD_PRELOAD).

    slow = slow_flush.Disk(context.folder, 2)                       a flush lasts 2 ms, or as long as the real one when that is longer
    programs.Server(application, data, **slow.environment)          or: env=process.python_environment() | slow.environment
    slow.flushes()                                                  {"flushes": 812, "ms": 2.06} since the last look

What is under the flush stays what it is here: writing to the page cache and reading cost what they cost on this machine.
"""

import pathlib
import struct
import subprocess

import process

SOURCE = pathlib.Path(__file__).with_name("slow_flush.c")


def library():
    """Compiled once, to build/bench."""
    built = process.ROOT / "build/bench/slow_flush.so"
    if not built.exists() or built.stat().st_mtime < SOURCE.stat().st_mtime:
        built.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["clang-19", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", built, SOURCE], check=True)
    return built


class Disk:
    def __init__(self, folder, milliseconds):
        self._counts = pathlib.Path(folder) / "flushes"
        self._counts.write_bytes(bytes(16))
        self._before = (0, 0)
        self.milliseconds = milliseconds
        self.environment = {"LD_PRELOAD": str(library()), "SLOW_FLUSH_US": str(round(milliseconds * 1000)),
                            "SLOW_FLUSH_COUNTS": str(self._counts)}

    def flushes(self):
        """How many since the last look, and how long one lasted on average. A program that the library does not reach has none."""
        now = struct.unpack("=qq", self._counts.read_bytes())
        flushes, nanoseconds = (after - before for before, after in zip(self._before, now))
        self._before = now
        if flushes == 0 or nanoseconds / flushes < self.milliseconds * 1e6:
            raise RuntimeError(f"{flushes} flushes were made slow: the program flushes in another way, and its figure is worth nothing")
        return {"flushes": flushes, "ms": round(nanoseconds / flushes / 1e6, 3)}

"""The disk that a measure writes to: what a durable write costs there is the floor for everybody."""

import os
import pathlib
import time

import process


def kind(folder):
    """The file system that holds the folder. Memory is none: nothing there is durable."""
    mounts = [line.split()[1:3] for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    inside = [(len(mount), name) for mount, name in mounts if pathlib.Path(folder).resolve().is_relative_to(mount)]
    name = max(inside)[1]
    if name in ("tmpfs", "ramfs"):
        raise RuntimeError(f"{folder} lies in memory ({name}); set TMPDIR to a folder on a disk, or durable writes are not measured")
    return name


def flush_ms(folder, count=200):
    """Appending 4 KiB and fdatasync, as a write-ahead log does it: the middle and the 99th percentile."""
    taken = []
    path = pathlib.Path(folder) / "flush"
    with path.open("wb", buffering=0) as file:
        for _ in range(count):
            file.write(b"x" * 4096)
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - began) * 1000)
    path.unlink()
    return round(process.median(taken), 3), round(process.percentile(taken, 99), 3)

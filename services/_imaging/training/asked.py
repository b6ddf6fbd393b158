"""What the commands of this folder are asked: a path for each name."""

import argparse
from pathlib import Path

import cv2


def paths(purpose: str | None, *names: str) -> list[Path]:
    """Return the paths given as `--NAME`, in order; OpenCV runs in one thread from here on, so that bytes repeat."""
    parser = argparse.ArgumentParser(description=purpose)
    for name in names:
        parser.add_argument(f"--{name}", type=Path, required=True)
    cv2.setNumThreads(1)
    given = vars(parser.parse_args())
    return [given[name] for name in names]

"""What a cut-out is compared with: three textbook methods, each as `rgb -> alpha`, both uint8."""

import cv2
import numpy as np

from trueshelf_imaging.colour import to_lab
from trueshelf_imaging.pixels import shrink

SIDE = 640


def _full(mask: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    return cv2.resize(mask.astype(np.uint8) * 255, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR)


def flood_fill(rgb: np.ndarray) -> np.ndarray:
    """What a flood from the border does not reach; neighbours within 2 grey levels belong together."""
    small = cv2.GaussianBlur(shrink(rgb, SIDE), (0, 0), 1)
    framed = cv2.copyMakeBorder(small, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    edge = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    framed[[0, -1], :] = framed[:, [0, -1]] = np.median(edge, axis=0)
    marks = np.zeros((framed.shape[0] + 2, framed.shape[1] + 2), np.uint8)
    cv2.floodFill(framed, marks, (0, 0), 0, (2,) * 3, (2,) * 3, 4 | cv2.FLOODFILL_MASK_ONLY | 255 << 8)
    return _full(marks[2:-2, 2:-2] == 0, rgb)


def threshold(rgb: np.ndarray) -> np.ndarray:
    """Otsu's threshold of the Lab distance to the border's median colour."""
    lab = to_lab(shrink(rgb, SIDE))
    edge = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    distance = np.clip(np.linalg.norm(lab - np.median(edge, axis=0), axis=2) * 3, 0, 255).astype(np.uint8)
    return _full(cv2.threshold(distance, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[1] > 0, rgb)


def grabcut_frame(rgb: np.ndarray) -> np.ndarray:
    """GrabCut (Rother 2004) from the frame less 2 %, five iterations."""
    small = shrink(rgb, SIDE)
    height, width = small.shape[:2]
    air = round(0.02 * max(height, width))
    marks = np.zeros((height, width), np.uint8)
    cv2.setRNGSeed(0)
    rectangle = (air, air, width - 2 * air, height - 2 * air)
    cv2.grabCut(small, marks, rectangle, np.zeros((1, 65)), np.zeros((1, 65)), 5, cv2.GC_INIT_WITH_RECT)
    return _full((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD), rgb)


RIVALS = {"flood fill": flood_fill, "global threshold": threshold, "GrabCut, frame": grabcut_frame}

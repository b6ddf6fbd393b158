"""Whether the draft's frame holds the whole product, and how much of the frame the product fills (R-07, R-43)."""

import cv2
import numpy as np

from trueshelf_imaging.difference import grown
from trueshelf_qa.domain.comparison import Comparison
from trueshelf_qa.domain.results import CheckResult, Limits, gravest, measured
from trueshelf_qa.domain.words import joined, say

NAME, VERSION, CHECKLIST_ITEM = "framing", "1", "edges_clean"
EVERY = 7
"""One of so many of the source's product pixels is followed into the draft."""
SURE = 3
"""Pixels by which the source's product is narrowed first: its rim is not sure."""
RUN = 4
"""Pixels of the draft's outermost rows that the product must reach for the frame to cut it."""


def check(pair: Comparison, limits: Limits) -> CheckResult:
    """Follow the source's product into the draft and count what falls outside; a shadow outside is no fault."""
    if not pair.source_plain:
        return CheckResult(NAME, VERSION, "unjudged", say(NAME, "not_plain"), 0.0, CHECKLIST_ITEM)
    width, height = pair.size
    goods = grown(pair.source.product.sure & ~pair.source.product.shadow, -SURE)
    rows, columns = (places[::EVERY].astype(np.float64) for places in np.nonzero(goods))
    outside = 0.0
    if rows.size and _reached(pair) >= RUN:
        x, y, w = pair.registration.full @ np.stack([columns, rows, np.ones_like(rows)])
        outside = 1 - float(((x >= 0) & (y >= 0) & (x <= w * (width - 1)) & (y <= w * (height - 1))).mean())
    _, _, wide, high = cv2.boundingRect(pair.product.astype(np.uint8))
    metrics = (
        measured(limits, "cut_share", outside),
        measured(limits, "empty_share", 1 - max(wide / width, high / height)),
    )
    verdict = gravest(metric.verdict for metric in metrics)
    said = say(NAME, "clear", fill=100 * (1 - metrics[1].value))
    if verdict != "clear":
        said = joined([say(NAME, m.name, share=m.value) for m in metrics if m.verdict != "clear"])
    return CheckResult(NAME, VERSION, verdict, said, 0.85, CHECKLIST_ITEM, metrics)


def _reached(pair: Comparison) -> int:
    """Return how many pixels of the draft's outermost rows and columns the product covers, on the side where most."""
    goods = pair.product & pair.candidate.sure
    return max(int(side.sum()) for side in (goods[1], goods[-2], goods[:, 1], goods[:, -2]))

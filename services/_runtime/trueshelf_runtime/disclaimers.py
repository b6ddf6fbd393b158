"""What must be said wherever Trueshelf shows itself: pages, API documents, packs (R-110 to R-114)."""

DISCLAIMERS: tuple[str, ...] = (
    (
        "Trueshelf is an independent tool and no official partner of Kaspi, Wildberries, Ozon, Etsy, eBay "
        "or any other marketplace."
    ),
    "It guarantees neither that moderation accepts a picture nor that its checks are perfectly accurate.",
    (
        "The seller verifies the marketplace's current rules and stays responsible for publication; "
        "the software speeds work up and takes no liability over."
    ),
    "Copy, pricing, logistics and moderation stay with the seller's team; copy is only compared with the pictures.",
    "Video is not offered.",
)
"""R-110, R-111, R-112, R-113, R-114, in this order."""

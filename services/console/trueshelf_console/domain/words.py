"""Words that several parts of the console share: English, which each part's catalogue translates."""

from collections.abc import Mapping

SLOTS: Mapping[str, str] = {
    "main": "main picture",
    "detail": "detail",
    "macro": "macro",
    "scale": "scale",
    "profile": "profile",
    "bundle": "bundle",
    "instructions": "instructions",
    "chart": "size chart",
    "social": "social frame",
}
MARKETS: Mapping[str, str] = {
    "kaspi": "Kaspi",
    "wildberries": "Wildberries",
    "ozon": "Ozon",
    "etsy": "Etsy",
    "ebay": "eBay",
}

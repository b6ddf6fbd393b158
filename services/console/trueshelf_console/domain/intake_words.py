"""The words of intake for people: English sentences by code, which the catalogues translate."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShotWords:
    """One shot of an article: its name, and what must be seen on it (R-11, R-13, R-14, R-15)."""

    name: str
    shows: str


SHOTS: Mapping[str, ShotWords] = {
    "front": ShotWords("Front", "The whole article from the front, upright, nothing cut off."),
    "profile": ShotWords("Profile", "The whole article from the side or three-quarter, so that its depth is seen."),
    "macro": ShotWords(
        "Macro",
        "The detail that sells or deceives: stone, weave, print, port, seam. Sharp and close, it fills the frame.",
    ),
    "clasp": ShotWords("Clasp", "The clasp, hook or ear wire from close up, closed, with the last links."),
    "bundle": ShotWords("Bundle", "Everything in the box beside each other: every part of the kit once."),
    "scale": ShotWords("Scale", "The article beside a ruler or a coin, or worn, so that its size is plain."),
    "piece": ShotWords("Piece", "One part of the set by itself; one photo for each part."),
}
SHOT_ORDER = tuple(SHOTS)
CAPTURE_STATES: Mapping[str, str] = {"received": "being looked at", "accepted": "accepted", "refused": "refused"}
SKU_STATES: Mapping[str, str] = {"collecting": "photos are being collected", "ready": "ready"}
RIGHTS: Mapping[str, str] = {
    "own": "our own photo",
    "licensed": "licensed",
    "supplier_licensed": "the supplier's, licensed",
}
SOURCES: Mapping[str, str] = {"phone": "phone", "studio": "studio", "supplier": "supplier"}
CHANGES: Mapping[str, str] = {
    "supplier": "another supplier or factory",
    "stones": "another batch of stones",
    "colour": "another colour",
    "hardware": "other hardware: clasp, lid, zip",
    "kit": "another kit",
    "text": "only the words: title or description",
    "other": "something else about the article",
}
"""What may have changed (R-16). Only a change of words keeps the photos."""
SEALED: Mapping[str, str] = {
    "full": "it was full",
    "intake_ended": "its delivery has ended",
    "asked": "somebody asked for it",
    "aged": "it was open for a day",
}
ITEM_STATES: Mapping[str, str] = {
    "planned": "waits for its turn",
    "removed": "the background is removed",
    "generated": "draft made",
    "refused": "could not be made",
    "ended": "ended without a draft",
}
MODES: Mapping[str, str] = {
    "exact_card": "exact card",
    "white_background": "white background",
    "jewelry": "jewelry",
    "clothing_on_model": "clothing on a model",
    "lifestyle": "lifestyle",
    "as_shot": "as it was shot",
}
CASE_KINDS: Mapping[str, str] = {
    "slot": "drafts to be decided",
    "generation": "a draft that could not be made",
    "second": "a second look",
    "spot": "a spot check",
    "rendition": "a file for a marketplace",
}
CASE_STATES: Mapping[str, str] = {
    "open": "open",
    "pending": "just decided, can still be taken back",
    "decided": "decided",
    "closed": "closed",
}
PACK_STATES: Mapping[str, str] = {
    "waiting_rules": "waits for the rules to be confirmed",
    "rendering": "being made",
    "awaiting_answers": "waits for answers to its checklist",
    "packing": "being packed",
    "ready": "ready",
    "refused": "refused",
    "withdrawn": "withdrawn",
}
FINDINGS: Mapping[str, str] = {
    "too_small": "Too few pixels: send the photo as the phone saved it.",
    "small": "Few pixels: too few for zoom on most marketplaces.",
    "blurred": "Blurred: hold the phone still or use a stand, tap the product to focus, and shoot again.",
    "soft": "Soft: the edges are wide; a sharper photo gives better drafts.",
    "highlights_clipped": "Blown-out highlights: use softer light, away from flash and sun.",
    "backdrop_not_plain": "The backdrop is not plain: cutting out will need help. Use grey or beige paper.",
    "messenger_compressed": "Looks recompressed by a messenger: send it as a file, or copy it from the phone.",
    "unsupported": "This is no JPEG, PNG, WebP or HEIC photo: export it as JPEG or PNG and send it again.",
    "type_mismatch": "The file's name and its content are of two formats: export it again.",
    "too_large": "Too large: more than 64 megapixels or 12,000 pixels a side. Send a smaller picture.",
    "animated": "The picture moves: send a still photo; video is not offered.",
    "corrupt": "The file is damaged or cut off: copy it from the phone again and send it anew.",
    "profile_too_large": "Its colour profile is larger than 1 MB: export the photo as sRGB.",
    "undecodable": "It could not be decoded: export it again as JPEG.",
    "sixteen_bit_reduced": "16 bits per channel were reduced to 8.",
    "alpha_flattened": "Transparent parts were laid on white.",
    "profile_unreadable": "Its colour profile could not be read: taken as sRGB.",
    "cmyk_without_profile": "CMYK without a profile: colours are approximate.",
}
"""What ingest noticed about a photo, with what to do (docs/guides/source-gate.md)."""
PROBLEMS: Mapping[str, tuple[str, str]] = {
    "sku_is_ready": (
        "This version of the SKU is ready and takes no further photos.",
        "Record what changed on the SKU's page: that starts the next version.",
    ),
    "intake_complete": (
        "This delivery is complete.",
        "Drop the sheet again: what is new goes into a delivery of its own.",
    ),
    "unknown_sku": ("The SKU is not registered.", "Give its card first: category and title."),
    "rights_missing": (
        "Art that is not your own needs a reference to the right (R-04).",
        "Give the contract, licence or invoice.",
    ),
    "empty": ("The photo has no bytes.", "Send the file again."),
    "unsupported": ("This is no JPEG, PNG, WebP or HEIC photo by its name.", "Export it as JPEG or PNG."),
    "type_mismatch": ("The file's name and its type do not agree.", "Export it again as JPEG."),
    "too_many_bytes": ("The photo is larger than 20 MB.", "Send a smaller file."),
    "not_waivable": ("A shot that this category cannot do without was waived.", "Photograph it."),
    "service_away": ("ingest does not answer.", "It is tried again by itself; nothing is lost."),
    "cut_off": ("The connection broke in the middle of the photo.", "It is sent again."),
}
"""What ingest may say at once when a photo or a card is sent."""
GUIDE: tuple[tuple[str, str, str], ...] = (
    (
        "zone",
        "A place that stays",
        "One table, one backdrop, one stand for the phone: mark where they stand, so that every article looks alike.",
    ),
    (
        "light",
        "Soft light from two sides",
        "A window with a thin curtain, or two lamps through paper. No flash, no sun, no two lamps of different warmth.",
    ),
    (
        "ground",
        "Plain ground",
        "Grey, beige or white paper without folds, curved up behind the article. No other brand in the frame.",
    ),
    (
        "distance",
        "Fill the frame",
        "The article fills most of the picture and a finger's breadth stays free all round. Step closer; do not zoom.",
    ),
    (
        "dark",
        "Dark and silver things",
        "A sheet of white card beside dark things and silver throws light back; a grey one keeps glare off.",
    ),
    (
        "hands",
        "Clean hands, clean stand",
        "Gloves for metal and glass; wipe off fingerprints; no mirror unless you see what it reflects.",
    ),
)
"""The capture guide (R-18): drawing, title, what to do."""

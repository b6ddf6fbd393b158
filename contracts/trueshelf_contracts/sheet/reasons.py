"""Why a cell of a delivery sheet cannot be used, as codes with sentences that can be translated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "empty_title": ("empty", "give the product's title"),
        "empty_file": ("empty", "name the photo's file"),
        "empty_reference": (
            "empty",
            "art that is not your own (%(basis)s) needs the contract or invoice (R-04)",
        ),
        "extra_cells": (
            "%(count)s cell(s) more than the header has columns",
            "quote cells that contain the delimiter",
        ),
        "quotes": ("its quotes do not match", "double each quote inside a quoted cell, or leave the quotes out"),
        "quote_open": (
            "a quote begins here and never ends: what follows cannot be read",
            "close the quote or leave it out, then drop the sheet again",
        ),
        "line_break": ("holds a line break", "write it in one line; a quote that is not closed does this, too"),
        "too_long": ("has %(length)s characters, %(most)s at most", "write it shorter"),
        "too_many_parts": ("lists %(count)s parts, %(most)s at most", "list fewer"),
        "formula": ("begins with = like a formula", "write the value itself"),
        "spreadsheet_error": ("%(value)s is a spreadsheet's error, no value", "correct the formula that makes it"),
        "sku_length": ("a SKU has 1 to 64 characters, this one has %(count)s", "correct the SKU"),
        "sku_character": (
            "character %(position)s (%(character)s) may not stand in a SKU",
            "use letters, digits, '.', '_' or '-'",
        ),
        "sku_invisible": (
            "character %(position)s (%(character)s) is invisible and may not stand in a SKU",
            "delete the cell's content and type it by hand",
        ),
        "sku_number": (
            "a spreadsheet turned the number into %(value)s",
            "format the column as text and write the SKU again",
        ),
        "category": ("'%(value)s' is no category code", "use lower-case letters, e.g. jewelry"),
        "category_case": ("'%(value)s' is not lower case", "write %(right)s"),
        "shot": ("'%(value)s' is no shot", "use one of %(known)s"),
        "source_type": ("'%(value)s' is no source type", "use one of %(known)s"),
        "waived": ("'%(value)s' is no shot with a reason", "write shot=reason, e.g. clasp=a ring has no clasp"),
        "rights": ("'%(value)s' says nothing about the right to use the photo", "use one of %(known)s (R-04)"),
        "file_outside": ("'%(value)s' lies outside the folder", "put the photo into the folder"),
        "file_type": ("'%(value)s' is no JPEG, PNG, WebP or HEIC by its name", "export it as JPEG"),
        "file_missing": ("'%(value)s' is not in the folder", "check the spelling or copy the file there"),
        "differs": (
            "differs from an earlier row of SKU %(sku)s",
            "write the same as in row %(row)s, or leave it empty",
        ),
        "repeated": ("the same photo stands in row %(row)s", "remove one of the two rows"),
        "unlisted": (
            "the sheet has more errors than are listed",
            "correct the rows above and drop this list again: it then says what is wrong here",
        ),
    }
)
"""Code → what is wrong, what to do; `%(name)s` stands for the detail of that name."""


@dataclass(frozen=True, slots=True)
class RowError:
    """One cell that cannot be used: where it is, what stands there, what is wrong, what to do."""

    row: int
    column: str
    code: str
    value: str = ""
    details: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> dict[str, str]:
        """Return what fills the reason's sentences."""
        return {"value": self.value, **self.details}

    @property
    def message(self) -> str:
        return REASONS[self.code][0] % self.words

    @property
    def fix(self) -> str:
        return REASONS[self.code][1] % self.words

    def __str__(self) -> str:
        return f"row {self.row}, column {self.column}: {self.message}; {self.fix}"

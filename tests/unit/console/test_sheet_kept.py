"""A sheet that an earlier release kept and this one would not take: said, not an error of ours."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from trueshelf_console.adapters.sheets import Sheets
from trueshelf_console.service.intake import Delivery
from trueshelf_contracts.sheet import reading
from trueshelf_runtime.errors import Refused


class Kept:
    """A database that holds one sheet."""

    async def fetchval(self, *_: Any) -> bytes:
        return b"sku,category,title,file,shot,rights_basis\n" + b"A,home,Mug,a.jpg,front,own\n" * 5


def test_a_kept_sheet_with_too_many_rows_is_refused_in_words(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "MOST_ROWS", 4)
    delivery = Delivery(uuid4(), "acc_1", "big.csv", "0" * 64, 5, 5, 0, None, None, datetime.now(UTC))
    sheets = Sheets(Kept())  # type: ignore[arg-type]
    with pytest.raises(Refused) as caught:
        asyncio.run(sheets.of(delivery))
    assert caught.value.code == "invalid_sheet"  # answered with 422
    assert "smaller sheets" in caught.value.advice

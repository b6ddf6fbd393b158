from collections.abc import Iterator
from pathlib import Path

import pytest

from support.review_office import Office
from trueshelf_runtime.origin import fresh, using


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with using(fresh()):
        yield Office(tmp_path)

"""Photos joined with rows by name, however the folder was picked and whatever wrote the names."""

import time
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from trueshelf_console.domain.sheet import match_photos

QUADRATIC = 20.0
"""CPU seconds that only a comparison of all with all would take; a linear one takes a fraction of one."""


def test_names_with_and_without_folders():
    found = match_photos([(2, "photos/a.jpg"), (3, "b.jpg")], ["a.jpg", "delivery/photos/b.jpg"])
    assert found.found == {2: 0, 3: 1}
    assert not found.rows_without
    assert not found.photos_without


def test_letters_case_slashes_and_unicode_forms_do_not_count():
    decomposed = unicodedata.normalize("NFD", "Фото/Зелёный.JPG")
    found = match_photos([(2, "фото\\зелёный.jpg")], [decomposed])
    assert found.found == {2: 0}


def test_what_is_missing_on_either_side_is_named():
    found = match_photos([(2, "a.jpg"), (3, "b.jpg")], ["a.jpg", "c.jpg"])
    assert found.rows_without == [3]
    assert found.photos_without == [1]


def test_a_photo_of_another_folder_is_another_photo():
    found = match_photos([(2, "x/a.jpg")], ["y/a.jpg"])
    assert found.rows_without == [2]
    assert found.photos_without == [0]


def test_where_several_fit_none_is_taken():
    found = match_photos([(2, "a.jpg")], ["x/a.jpg", "y/a.jpg"])
    assert found.ambiguous == {2: [0, 1]}
    assert not found.found
    shared = match_photos([(2, "x/a.jpg"), (3, "y/a.jpg")], ["a.jpg"])
    assert set(shared.ambiguous) == {2, 3}


def test_the_closer_name_wins():
    found = match_photos([(2, "x/a.jpg")], ["a.jpg", "x/a.jpg"])
    assert found.found == {2: 1}


def test_one_photo_may_serve_two_rows():
    found = match_photos([(2, "a.jpg"), (3, "a.jpg")], ["a.jpg"])
    assert found.found == {2: 0, 3: 0}


def test_twenty_thousand_of_each_are_joined_soon():
    names = [f"photos/{number // 100}/{number}.jpg" for number in range(20_000)]
    began = time.process_time()
    found = match_photos(list(enumerate(names, start=2)), names)
    assert time.process_time() - began < QUADRATIC
    assert len(found.found) == 20_000


def test_photos_of_one_name_in_a_folder_per_sku_are_joined_soon():
    names = [f"{sku}/{shot}.jpg" for sku in range(7_000) for shot in ("front", "profile", "macro")]
    began = time.process_time()
    found = match_photos(list(enumerate(names)), names)
    assert time.process_time() - began < QUADRATIC
    assert found.found == {at: at for at in range(len(names))}


def test_many_rows_that_many_photos_fit_cost_no_more():
    rows = [(row, "front.jpg") for row in range(20_000)]
    began = time.process_time()
    found = match_photos(rows, [f"{sku}/front.jpg" for sku in range(20_000)])
    assert time.process_time() - began < QUADRATIC
    assert len(found.ambiguous) == 20_000
    assert not found.photos_without


FILES = st.lists(st.lists(st.sampled_from("abc"), max_size=4).map("/".join), max_size=8)


@given(FILES, FILES)
def test_the_closest_names_that_contradict_nowhere_are_those_meant(files: list[str], names: list[str]):
    """Against the definition, pair by pair."""
    found = match_photos(list(enumerate(files)), names)
    fitting = [_fitting(file, names) for file in files]
    for row, positions in enumerate(fitting):
        assert (row in found.rows_without) == (not positions)
        if len(positions) > 1:
            assert found.ambiguous[row] == positions
        elif positions:
            assert found.ambiguous.get(row, [found.found.get(row)]) == positions
    meant = {position for positions in fitting for position in positions}
    assert found.photos_without == [at for at in range(len(names)) if at not in meant]


def _fitting(file: str, names: list[str]) -> list[int]:
    wanted = file.split("/") if file else []
    shares: dict[int, list[int]] = {0: []}
    for position, name in enumerate(names):
        path = name.split("/") if name else []
        shared = min(len(path), len(wanted))
        if shared and path[-shared:] == wanted[-shared:]:
            shares.setdefault(shared, []).append(position)
    return shares[max(shares)]

"""Which rows may be marked after a batch that went wrong in the middle."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from trueshelf_runtime.relay import Row, markable

keys = st.sampled_from([b"a", b"b", b"c"])


def _rows(lanes: list[bytes]) -> list[Row]:
    return [Row(number, "t", key, b"", {}) for number, key in enumerate(lanes)]


@given(st.lists(st.tuples(keys, st.booleans()), max_size=30))
def test_nothing_is_marked_behind_an_unsent_row_of_its_key_and_everything_else_that_was_sent_is(
    batch: list[tuple[bytes, bool]],
):
    rows = _rows([key for key, _ in batch])
    sent = {number for number, (_, ok) in enumerate(batch) if ok}
    marked = markable(rows, sent)
    for row in rows:
        earlier = [other for other in rows if other.key == row.key and other.id <= row.id]
        assert (row.id in marked) == all(other.id in sent for other in earlier)


@given(st.lists(st.tuples(keys, st.integers(0, 3)), max_size=20), st.randoms(use_true_random=False))
def test_however_often_batches_break_every_consumer_sees_each_key_in_order(
    lanes: list[tuple[bytes, int]], chance: Random
):
    """Rounds of partly failing sends until all is marked: first sights of each key's rows come in the order of ids."""
    waiting, log = _rows([key for key, _ in lanes]), []
    for round_ in range(50):
        sent = {row.id for row in waiting if round_ > 20 or chance.random() > 0.4}
        log += [row for row in waiting if row.id in sent and not _gap(waiting, sent, row)]
        log += [row for row in waiting if row.id in sent and _gap(waiting, sent, row)]
        marked = set(markable(waiting, sent))
        waiting = [row for row in waiting if row.id not in marked]
        if not waiting:
            break
    assert not waiting
    assert {row.id for row in log} == set(range(len(lanes))), "nothing was lost"


def _gap(rows: list[Row], sent: set[int], row: Row) -> bool:
    return any(other.key == row.key and other.id < row.id and other.id not in sent for other in rows)

"""R-54: how many pieces a card's words and its kit list promise, in three languages, and what they do not speak of."""

import pytest

from trueshelf_qa.domain.counting import parts, promised


@pytest.mark.parametrize(
    ("title", "count"),
    [
        ("Набор из 3 кружек", 3),
        ("Кружка керамическая, 3 шт.", 3),
        ("Комплект из двух полотенец", 2),
        ("Комплект из 3-х подушек", 3),
        ("Набор столовых приборов из 4 предметов", 4),
        ("Кроссовки мужские, пара", 2),
        ("2 пары серёжек", 4),
        ("Кабель USB-C 2 шт., 1 м", 2),
        ("Кесе, 2 дана", 2),
        ("Екі данадан тұратын жиынтық", 2),
        ("Жиынтық 3 заттан тұрады", 3),
        ("Сырға, 1 жұп", 2),
        ("Set of 3 bowls", 3),
        ("Pack of 2 T-shirts", 2),
        ("Bag, 2-pack", 2),
        ("3-piece suit", 3),
        ("Spoons 4pcs", 4),
        ("A pair of earrings with pearls", 2),
        ("Чай 25 г, 1 шт", 1),
    ],
)
def test_r54_words_that_promise_pieces_are_counted(title: str, count: int) -> None:
    said = promised(title)
    assert said is not None
    assert said.count == count
    assert said.words in title


@pytest.mark.parametrize(
    "title",
    [
        "Кабель 3 м",
        "Рюкзак с 2 карманами",
        "Jacket with 2 pockets",
        "Футболка, размер 42",
        "Шампунь 3 в 1",
        "Ткань: комплект из 2 слоёв",
        "Набор из 100% хлопка",
        "Пара слов о джинсах",
        "Очки, 1 пара",
        "Шұлық, 3 жұп",
        "Серьги",
        "Lamp with 3 pieces of wood",
        "USB 3.0 hub, 4 ports",
        "4x4 внедорожник",
    ],
)
def test_r54_words_about_something_else_promise_nothing(title: str) -> None:
    assert promised(title) is None


@pytest.mark.parametrize("title", ["Пазл, 12 предметов", "Набор из 24 предметов", "Набор из 3, 6 шт"])
def test_r54_what_nobody_can_count_or_says_two_numbers_promises_nothing(title: str) -> None:
    assert promised(title) is None


def test_r54_a_description_is_read_near_words_for_the_whole_and_the_title_goes_first() -> None:
    assert promised("Рубашка", "Пуговицы: 5 шт.") is None
    in_kazakh = promised("Кесе", "Жиынтықта 2 дана")
    assert in_kazakh is not None
    assert in_kazakh.count == 2
    title_first = promised("Набор из 3 кружек", "В комплекте 2 шт")
    assert title_first is not None
    assert title_first.count == 3


def test_r54_parts_of_a_kit_list_are_counted_with_their_numbers() -> None:
    assert parts(("bag", "strap")) == 2
    assert parts(("2 straps", "ремень ×2", "винт 4 шт", "үш қасық")) == 11
    assert parts(("30 мл флакон", "2 m cable", "USB 3.0 hub")) == 3
    assert parts(("2  m cable", "gift box 2", "ремни×2", "ремень х2")) == 6


def test_r54_words_are_quoted_though_folding_makes_letters_longer() -> None:
    said = promised("Weißß Becher, 3 pcs")
    assert said is not None
    assert said.words == "3 pcs"

"""Revision labels."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qmsdocs.labels import Scheme, first_labels, is_label, is_minor, next_labels, order

settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

NUMBERS = st.integers(0, 999_999)
LABELS = st.one_of(
    NUMBERS.map(lambda n: (Scheme.INTEGER, str(n))),
    st.text("ABCYZ", min_size=1, max_size=3).map(lambda text: (Scheme.LETTER, text)),
    st.tuples(NUMBERS, NUMBERS).map(lambda pair: (Scheme.MAJOR_MINOR, f"{pair[0]}.{pair[1]}")),
)


@given(LABELS)
def test_next_labels_belong_to_the_scheme_and_come_later(case: tuple[Scheme, str]) -> None:
    scheme, label = case
    for following in next_labels(scheme, label):
        assert is_label(scheme, following)
        assert order(scheme, label) < order(scheme, following)


@given(st.integers(0, 26**3 - 1))
def test_letters_count_without_a_gap(steps: int) -> None:
    label = "A"
    for _ in range(steps % 60):
        (label,) = next_labels(Scheme.LETTER, label)
    assert order(Scheme.LETTER, label) == (steps % 60 + 1,)


@pytest.mark.parametrize(
    ("scheme", "label", "expected"),
    [
        (Scheme.INTEGER, "0", ("1",)),
        (Scheme.INTEGER, "9", ("10",)),
        (Scheme.LETTER, "Z", ("AA",)),
        (Scheme.LETTER, "AZ", ("BA",)),
        (Scheme.LETTER, "ZZ", ("AAA",)),
        (Scheme.MAJOR_MINOR, "2.9", ("3.0", "2.10")),
        (Scheme.MAJOR_MINOR, "0.1", ("1.0", "0.2")),
    ],
)
def test_next(scheme: Scheme, label: str, expected: tuple[str, ...]) -> None:
    assert next_labels(scheme, label) == expected


@pytest.mark.parametrize(
    ("scheme", "labels"),
    [
        (Scheme.INTEGER, ["0", "1", "9", "10", "100"]),
        (Scheme.LETTER, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]),
        (Scheme.MAJOR_MINOR, ["0.1", "1.0", "1.9", "1.10", "2.0", "10.0"]),
    ],
)
def test_order(scheme: Scheme, labels: list[str]) -> None:
    assert [order(scheme, label) for label in labels] == sorted({order(scheme, label) for label in labels})


@pytest.mark.parametrize(
    ("scheme", "label"),
    [
        (Scheme.INTEGER, text) for text in ["", "01", "-1", "1.0", "A", " 1", "1\n", "٣", "1234567890"]
    ]
    + [(Scheme.LETTER, text) for text in ["", "a", "A1", "É", "ABCDE", "A\n"]]
    + [(Scheme.MAJOR_MINOR, text) for text in ["", "1", "1.", ".1", "1.01", "01.1", "1.0.0", "1.0\n"]],
)  # fmt: skip
def test_what_is_no_label_is_refused(scheme: Scheme, label: str) -> None:
    assert not is_label(scheme, label)
    assert not is_minor(scheme, label)
    with pytest.raises(ValueError, match="is not a revision label"):
        next_labels(scheme, label)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_a_first_label_is_a_label(scheme: Scheme) -> None:
    assert all(is_label(scheme, label) for label in first_labels(scheme))


def test_only_major_minor_has_minor_revisions() -> None:
    assert is_minor(Scheme.MAJOR_MINOR, "1.1")
    assert not is_minor(Scheme.MAJOR_MINOR, "2.0")
    assert not is_minor(Scheme.INTEGER, "2")
    assert not is_minor(Scheme.LETTER, "B")

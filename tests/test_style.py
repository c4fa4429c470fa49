import matplotlib as mpl

from outlay import style


def test_nothing_leaks_into_the_session():
    before = dict(mpl.rcParams)
    with style.applied():
        assert mpl.rcParams["text.parse_math"] is False
    assert dict(mpl.rcParams) == before


def test_a_tint_is_flat_and_lighter():
    assert all(light > dark for light, dark in zip(style.tint("#356fd4"), mpl.colors.to_rgb("#356fd4"), strict=True))

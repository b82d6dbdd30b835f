"""The figure of the packages."""

import pytest


@pytest.fixture
def architecture(monkeypatch, request):
    monkeypatch.syspath_prepend(request.config.rootpath / "scripts")
    import draw_architecture

    return draw_architecture


def test_figure_shows_the_imports_of_today(architecture):
    drawn = architecture.draw(architecture.package_imports())
    assert drawn == architecture.TARGET.read_text(), (
        "Draw it again: python scripts/draw_architecture.py"
    )


def test_edges_that_follow_from_others_are_left_out(architecture):
    graph = {"a": {"b", "c"}, "b": {"c"}, "c": set()}
    assert architecture.reduced(graph) == {"a": {"b"}, "b": {"c"}, "c": set()}
    assert architecture.ranks(graph) == {"a": 2, "b": 1, "c": 0}


def test_circular_imports_are_reported(architecture):
    with pytest.raises(SystemExit, match="a → b → a"):
        architecture.ranks({"a": {"b"}, "b": {"a"}})

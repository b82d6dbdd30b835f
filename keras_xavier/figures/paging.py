"""Pages of panels: no more panels on a page than are large enough to read."""

import math
from collections.abc import Iterator

MOST_PANELS = 12
"""Maximum number of panels on a page."""
MOST_LINES = 300
"""Maximum number of lines on a page: more hide each other, and take long to draw."""
MOST_IN_FILE = 48
"""Maximum number of panels of a figure that grows with its panels, such as a file."""


def page_count(items: int, most: int) -> int:
    """Returns the number of pages, at least one.

    >>> page_count(60, 12), page_count(0, 12)
    (5, 1)
    """
    return max(math.ceil(items / most), 1)


def on_page(items: int, most: int, page: int) -> range:
    """Returns the indices of the items on a page.

    Args:
        items: int. Number of all items.
        most: int. Maximum number of items on a page. Pages have nearly equal lengths.
        page: int. Index of the page; the nearest page if there is no such page.

    >>> on_page(13, 12, 0), on_page(13, 12, 7)
    (range(0, 6), range(6, 13))
    """
    pages = page_count(items, most)
    page = nearest_page(page, pages)
    return range(items * page // pages, items * (page + 1) // pages)


def each_page(items: int, most: int) -> Iterator[range]:
    """Returns the indices of the items on each page."""
    return (on_page(items, most, page) for page in range(page_count(items, most)))


def nearest_page(page: int, pages: int) -> int:
    """Returns the index of an existing page."""
    return min(max(page, 0), pages - 1)

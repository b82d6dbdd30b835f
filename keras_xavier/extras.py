"""Optional packages: finds the missing ones and names the extra that installs them."""

from importlib.util import find_spec


class MissingExtraError(ImportError):
    """Raised if an optional package is missing; the message names its extra."""


def require(purpose: str, **extras: str | tuple[str, ...]) -> None:
    """Raises an error if packages of optional extras are missing.

    Packages are looked up, not imported.

    Args:
        purpose: str. The feature that needs the packages: the subject of the error
            message, such as `"The app"`.
        **extras: Names of packages by the extra that installs them.

    Raises:
        MissingExtraError: If a package is not installed.

    Example:

    >>> require("A matrix", figures="numpy")
    >>> try:
    ...     require("A poem", figures="numpy", gui="poetica")
    ... except ImportError as error:
    ...     print(error)
    A poem needs poetica. Install it with: pip install 'keras-xavier[gui]'
    """
    missing = {}
    for extra, names in extras.items():
        packages = (names,) if isinstance(names, str) else names
        if absent := [name for name in packages if find_spec(name) is None]:
            missing[extra] = absent
    if missing:
        found = [name for names in missing.values() for name in names]
        listed = " and ".join(filter(None, [", ".join(found[:-1]), found[-1]]))
        raise MissingExtraError(
            f"{purpose} needs {listed}. Install {'it' if len(found) == 1 else 'them'} "
            f"with: pip install 'keras-xavier[{','.join(missing)}]'"
        )

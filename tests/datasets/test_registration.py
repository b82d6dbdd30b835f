import subprocess
import sys

import pytest

FOUND = "print(tfds.builder_cls('shapeset3x2').name)"
ORDERS = {
    "before": "import keras_xavier.datasets; import tensorflow_datasets as tfds",
    "after": "import tensorflow_datasets as tfds; import keras_xavier.datasets",
    "looked for": (
        "import keras_xavier.datasets, importlib.util; "
        "importlib.util.find_spec('tensorflow_datasets'); "
        "import tensorflow_datasets as tfds"
    ),
}


def python(code: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        timeout=120,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


@pytest.mark.parametrize("order", ORDERS)
def test_the_builder_is_found_in_any_order_of_imports(order):
    assert python(f"{ORDERS[order]}; {FOUND}") == "shapeset3x2"


def test_the_package_imports_no_large_package():
    heavy = "{'numpy', 'keras', 'tensorflow', 'tensorflow_datasets'}"
    code = f"import sys, keras_xavier.datasets; print({heavy} & set(sys.modules))"
    assert python(code) == "set()"


def test_other_modules_are_found():
    code = "import keras_xavier.datasets, importlib.util as u; print(u.find_spec('no'))"
    assert python(code) == "None"

import subprocess
import sys

FORBIDDEN = ["keras", "tensorflow", "matplotlib.pyplot", "qtpy", "PyQt5", "pandas"]


def run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )


def test_drawing_needs_no_keras_no_pyplot_and_no_qt():
    code = (
        "import sys, keras_xavier.figures; "
        f"print([name for name in {FORBIDDEN} if name in sys.modules])"
    )
    assert run(code).stdout.strip() == "[]"


def test_without_matplotlib_the_error_names_the_extra():
    code = "import sys; sys.modules['matplotlib'] = None; import keras_xavier.figures"
    result = run(code)
    assert result.returncode == 1
    assert "pip install 'keras-xavier[figures]'" in result.stderr

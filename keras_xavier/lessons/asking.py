"""Asks for predictions in a notebook."""

import importlib.util
from collections.abc import Sequence
from typing import Any

from keras_xavier.lessons.lesson import Choice, Folded, Prediction
from keras_xavier.lessons.reading import read_lesson

PROMPT = "Your prediction (a number, or Enter to skip): "


def ask(lesson: int, question: int) -> None:
    """Asks a question of a lesson in a notebook, and shows whether the choice is right.

    With ipywidgets installed, the choices are buttons; otherwise, an input field asks
    for a number. Without a person, as with `nbconvert --execute`, the answer is folded.

    Args:
        lesson: int. Number of the lesson.
        question: int. Number of the question in this lesson, starting at 1.

    Raises:
        ValueError: If the lesson or the question does not exist.

    Example:

    ```python
    ask(lesson=1, question=1)
    ```
    """
    predictions = read_lesson(lesson).predictions
    if question not in range(1, len(predictions) + 1):
        raise ValueError(
            f"`question` must be 1 to {len(predictions)} in lesson {lesson}. "
            f"Received: question={question!r}"
        )
    prediction = predictions[question - 1]
    if is_kernel() and importlib.util.find_spec("ipywidgets"):
        from IPython.display import display

        display(make_buttons(prediction))
    else:
        show_answer(prediction, read_choice(prediction))


def is_kernel() -> bool:
    """Returns whether the code runs in a kernel of Jupyter."""
    if not importlib.util.find_spec("IPython"):
        return False
    from IPython import get_ipython

    return hasattr(get_ipython(), "kernel")


def make_buttons(prediction: Prediction) -> Any:
    """Returns a widget with a button for each choice; a click shows the answer."""
    import ipywidgets
    from IPython.display import Markdown, display

    output = ipywidgets.Output()
    buttons = ipywidgets.RadioButtons(
        options=numbered(prediction.choices),
        index=None,
        layout={"width": "max-content"},
    )

    def answer(change: dict[str, Any]) -> None:
        output.clear_output(wait=True)
        with output:
            display(Markdown(prediction.answer(change["new"])))

    buttons.observe(answer, names="index")
    return ipywidgets.VBox([buttons, output])


def numbered(choices: Sequence[Choice]) -> list[str]:
    """Returns texts of buttons, which show no Markdown."""
    return [
        f"{i}. {choice.text.replace('**', '')}"
        for i, choice in enumerate(choices, start=1)
    ]


def read_choice(prediction: Prediction) -> int | None:
    """Reads the number of a choice; returns its index, `None` without an answer."""
    allowed = [str(i) for i in range(1, len(prediction.choices) + 1)]
    while True:
        try:
            given = input(PROMPT).strip()
        except (EOFError, NotImplementedError):
            # A program, not a person, executes the notebook.
            return None
        if not given:
            return None
        if given in allowed:
            return int(given) - 1
        print(f"Please enter one of {', '.join(allowed)}.")


def show_answer(prediction: Prediction, chosen: int | None) -> None:
    answer = prediction.answer(chosen)
    if not is_kernel():
        print(answer)
        return
    from IPython.display import Markdown, display

    folded = Folded("The answer", answer)
    display(Markdown(folded.details if chosen is None else answer))

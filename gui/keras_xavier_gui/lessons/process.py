"""A process that trains the networks of a lesson. No Qt."""

from collections.abc import Sequence

from keras_xavier.runs import RunError, find_runs
from keras_xavier_gui.lessons.tour import Tour, count_networks
from keras_xavier_gui.training.process import PROGRAM, TrainingProcess


class LessonProcess(TrainingProcess):
    """Runs `keras-xavier lesson`, which skips networks that are trained.

    Args:
        tour: The lesson, and the folder of its runs.
        program: Words of the command line before the arguments of `keras-xavier`.

    Raises:
        OSError: If the log cannot be written, or the program does not exist.
    """

    unit = "networks"
    kept = "recorded runs are kept"
    # The output is the lesson, with the answers to all questions.
    shows_log = False

    def __init__(self, tour: Tour, *, program: Sequence[str] = PROGRAM) -> None:
        self._tour = tour
        lesson = tour.lesson
        arguments = ["lesson", str(lesson.number), "--folder", tour.folder]
        path, total = lesson.folder(tour.folder), len(lesson.runs)
        super().__init__(arguments, path, total, program=program)

    def progress(self) -> tuple[int | None, float | None]:
        """Number of trained networks; `None` before the first is started."""
        try:
            runs = find_runs(self.path)
        except RunError:
            return None, None
        if not any(run.path in self._tour.paths for run in runs):
            return None, None
        return count_networks(self._tour, runs).trained, None

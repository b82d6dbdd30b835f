"""Training the networks of a lesson in a process of its own. No Qt."""

from collections.abc import Sequence

from keras_xavier.runs import RunError, find_runs
from keras_xavier_gui.lessons.tour import Tour, count_networks
from keras_xavier_gui.training.process import PROGRAM, TrainingProcess


class LessonProcess(TrainingProcess):
    """Runs a lesson as one would in a terminal; those that are trained stay.

    Args:
        tour: The lesson, and where its runs are kept.
        program: Words of the command line before those of the lesson.

    Raises:
        OSError: If nothing can be written there, or the program is not there.
    """

    unit = "networks"
    kept = "what was recorded is kept"

    def __init__(self, tour: Tour, *, program: Sequence[str] = PROGRAM) -> None:
        self._tour = tour
        lesson = tour.lesson
        arguments = ["lesson", str(lesson.number), "--folder", tour.folder]
        path, total = lesson.folder(tour.folder), len(lesson.runs)
        super().__init__(arguments, path, total, program=program)

    def progress(self) -> tuple[int | None, float | None]:
        """How many networks are trained, `None` before the first one is begun."""
        try:
            runs = find_runs(self.path)
        except RunError:
            return None, None
        if not any(run.path in self._tour.paths for run in runs):
            return None, None
        return count_networks(self._tour, runs).trained, None

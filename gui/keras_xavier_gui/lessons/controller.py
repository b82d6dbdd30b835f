"""Opens lessons and moves through their steps."""

from keras_xavier_gui import preferences as stored
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.lessons.panel import LessonPanel
from keras_xavier_gui.lessons.process import LessonProcess
from keras_xavier_gui.lessons.tour import Tour, count_networks, folder_of
from keras_xavier_gui.qt import QtCore, QtWidgets, Signal
from keras_xavier_gui.sources.paths import is_within
from keras_xavier_gui.training.manager import TrainingManager

MAX_WINDOW_SHARE = 0.33
"""Share of the window that the text takes unless the user widens it."""
LISTS_SHARE = 0.3
"""Share of the text's width that the lists give up; the plots give up the rest."""


class LessonController(QtCore.QObject):
    """Opens lessons, and requests the plots of each step.

    Args:
        context: State and services of the app.
        training: Trains the networks of lessons.
        columns: The columns of the window: lists and plots. The text is added.

    Attributes:
        panel: The text of the lesson.
        tour: The open lesson and its present step; `None` before it is read.
    """

    opened = Signal()
    """A lesson was opened; from now on, it selects the runs."""
    view_asked = Signal(object, object)
    """Paths of the runs, and the `FigureSpec`, that the present step shows."""
    is_open_changed = Signal(bool)
    step_shown = Signal()
    """Another step is shown, or the lesson was closed."""

    def __init__(
        self,
        context: AppContext,
        training: TrainingManager,
        columns: QtWidgets.QSplitter,
    ) -> None:
        super().__init__(columns)
        self.tour: Tour | None = None
        self.panel = LessonPanel()
        self._context = context
        self._training = training
        self._columns = columns
        # Lessons opened before continue where they were left.
        self._tours: dict[int, Tour] = {}
        self._requested = 0
        self._starting = False
        # Why training cannot start.
        self._problem = ""
        # Width that the lists gave up.
        self._taken = 0
        # The step that was selected before the lesson.
        self._step_before: int | None = None
        # Whether the user has selected runs since the lesson was opened.
        self._is_left_to_user = False
        # Whether the user has selected runs instead of the image of the step.
        self._is_image_left = False
        # Runs shown since the user moved to the present step.
        self._shown: frozenset[str] = frozenset()
        # It becomes a column when a lesson is opened for the first time.
        self.panel.setParent(columns.window())
        self.panel.hide()
        self.panel.moved.connect(self.move)
        self.panel.predicted.connect(self._predict)
        self.panel.train_asked.connect(self._train)
        self.panel.exercise_asked.connect(self._write_exercise)
        self.panel.closed.connect(self.close)

    @property
    def is_open(self) -> bool:
        return not self.panel.isHidden()

    @property
    def is_before_plots(self) -> bool:
        """Whether the plots have nothing to do with the lesson yet."""
        if not self.is_open or self._is_left_to_user:
            return False
        return self.tour is not None and not self.tour.has_figure

    @property
    def image(self) -> str:
        """Path of the image to show in place of the plots; `""` for the plots."""
        if not self.is_open or self.tour is None or self._is_image_left:
            return ""
        return self.tour.image

    def leave_to_user(self) -> None:
        """Shows the plots of runs that the user has selected."""
        if self.is_before_plots:
            self._is_left_to_user = True
            self.step_shown.emit()
        elif self.image:
            self._is_image_left = True
            self.step_shown.emit()

    def open(self, number: int) -> None:
        """Opens a lesson at the step where it was left."""
        # Runs opened for the lesson would reveal the answers.
        self.opened.emit()
        self._show_panel()
        self._requested = number
        if number in self._tours:
            self._show(self._tours[number])
            return
        self.tour = None
        self.panel.show_message(f"Lesson {number}", "Reading …")
        sources = self._context.watcher.sources

        def read() -> Tour:
            # Not before: it imports jupytext.
            from keras_xavier.lessons import read_lesson

            lesson = read_lesson(number)
            return Tour(lesson, folder_of(lesson, sources))

        def done(tour: Tour) -> None:
            if number == self._requested:
                self._show(tour)

        def failed(error: Exception) -> None:
            if not isinstance(error, ImportError | OSError | ValueError):
                self._context.watcher.failed.emit(error)
            if number == self._requested:
                self.panel.show_message(
                    f"Lesson {number}", f"The lesson cannot be read: {error}"
                )

        self._context.watcher.do(read, done, failed)

    def move(self, steps: int) -> None:
        """Moves this many steps forward, or back if negative."""
        if self.is_open and self.tour:
            self._show(self.tour.move(steps))

    def next(self) -> None:
        """Moves to the next step, unless it would reveal an awaited prediction."""
        if self.tour and not self.tour.is_awaited:
            self.move(1)

    def close(self) -> None:
        """Hides the text; the lesson keeps its step."""
        if self.is_open:
            stored.set_lesson_width(self._context.preferences, self.panel.width())
            self.panel.hide()
            self._give_back()
            self._context.digests.hide(())
            self.is_open_changed.emit(False)
            # New records would stay out of sight at a step of the lesson.
            self._context.selection.set_step(self._step_before)
            self.step_shown.emit()

    def update_runs(self) -> None:
        """Shows the runs of the present step as soon as they are listed."""
        tour = self.tour
        if not self.is_open or tour is None:
            return
        runs = {entry.run.path: entry.run for entry in self._context.runs.entries}
        is_training = self._training.is_training(tour.runs_folder)
        self.panel.show_networks(
            count_networks(tour, runs.values()),
            may_train=not (is_training or self._starting),
            problem=self._problem,
        )
        listed = [path for path in map(tour.path, tour.step.runs) if path in runs]
        if not self._shown.issuperset(listed):
            self._shown = frozenset(listed)
            self.view_asked.emit(listed, tour.step.spec.with_defaults())
            # The lesson has selected runs, not the user.
            self._is_image_left = False
            self.step_shown.emit()

    def _show_panel(self) -> None:
        if not self.is_open:
            width = stored.lesson_width(self._context.preferences)
            if not width:
                most = round(MAX_WINDOW_SHARE * self._columns.width())
                width = min(self.panel.sizeHint().width(), most)
            if self._columns.indexOf(self.panel) < 0:
                self._columns.addWidget(self.panel)
            self._step_before = self._context.selection.step
            self._is_left_to_user = False
            self.panel.show()
            self._make_room(width)
            self.is_open_changed.emit(True)
        self.panel.text.setFocus()

    def _make_room(self, width: int) -> None:
        """Takes space from lists and plots."""
        left, plots, own = self._columns.sizes()
        lists = left - round(width * LISTS_SHARE)
        self._columns.setSizes([lists, left + plots + own - lists - width, width])
        self._taken = left - self._columns.sizes()[0]

    def _give_back(self) -> None:
        left, plots, own = self._columns.sizes()
        self._columns.setSizes([left + self._taken, plots + own - self._taken, 0])

    def _show(self, tour: Tour) -> None:
        self._problem = ""
        self.tour = self._tours[tour.lesson.number] = tour
        self._shown = frozenset()
        self._is_image_left = False
        self.panel.show_tour(tour)
        watcher = self._context.watcher
        # Before its runs are listed: they are diagnosed at once.
        self._context.digests.hide(tour.unexplained_paths)
        if not any(is_within(tour.runs_folder, source) for source in watcher.sources):
            watcher.open([tour.runs_folder])
        self.update_runs()
        self.step_shown.emit()

    def _predict(self, choice: int) -> None:
        if self.tour:
            self.tour = self.tour.predict(choice)
            self._tours[self.tour.lesson.number] = self.tour
            self.panel.allow_moves(self.tour)

    def _write_exercise(self) -> None:
        # Not before: it imports the lessons.
        from keras_xavier.lessons.exercise import exercise_command, write_exercise

        if self.tour is None:
            return
        try:
            path = write_exercise(self.tour.lesson, self.tour.folder)
        except OSError as problem:
            self.panel.show_exercise(f"The exercise cannot be written: {problem}")
            return
        if path:
            command = exercise_command(path)
            self.panel.show_exercise(f"Edit {path}, and run: {command}")

    def _train(self) -> None:
        tour, program = self.tour, self._training.program
        if tour is None:
            return
        self._starting, self._problem = True, ""

        def started() -> None:
            self._starting = False
            self.update_runs()

        def failed(problem: str) -> None:
            self._starting = False
            self._problem = problem
            self.update_runs()

        self._training.start_process(
            lambda: LessonProcess(tour, program=program), started, failed
        )
        self.update_runs()

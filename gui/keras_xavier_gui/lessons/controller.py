"""The lessons of a window: one is open at a time, and sets what is seen."""

from typing import TYPE_CHECKING

from keras_xavier_gui import preferences as kept
from keras_xavier_gui.qt import QtCore, Signal
from keras_xavier_gui.sources.run_cache import is_within

if TYPE_CHECKING:
    from keras_xavier_gui.lessons.panel import LessonPanel
    from keras_xavier_gui.lessons.tour import Tour
    from keras_xavier_gui.main_window import MainWindow


MOST_OF_WINDOW = 0.33
"""That a text takes, unless the user makes it wider: pictures need the room."""
FROM_LISTS = 0.3
"""Of the width of a text; the rest comes from the pictures."""


class Lessons(QtCore.QObject):
    """Opens lessons, and has the window show what each step is about.

    Attributes:
        panel: The text; `None` until the first lesson is opened.
        tour: The lesson that is open, and the step.
    """

    is_open_changed = Signal(bool)

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self.panel: LessonPanel | None = None
        self.tour: Tour | None = None
        self._window = window
        # What was opened before is gone on with.
        self._tours: dict[int, Tour] = {}
        self._wanted = 0
        self._starting = False
        # Why training could not start.
        self._complaint = ""
        # Width that the lists gave.
        self._taken = 0
        # Runs that the view was set to since the step was gone to.
        self._seen: frozenset[str] = frozenset()

    @property
    def is_open(self) -> bool:
        return self.panel is not None and not self.panel.isHidden()

    def open(self, number: int) -> None:
        """Opens a lesson, at the step where it was left."""
        # What was opened for it would tell what is to be predicted.
        self._window.expect()
        self._show_panel()
        self._wanted = number
        if number in self._tours:
            self._show(self._tours[number])
            return
        self.tour = None
        self.panel.say(f"Lesson {number}", "Reading …")
        sources = self._window.watcher.sources

        def read() -> "Tour":
            # Not before: it brings in jupytext.
            from keras_xavier.lessons import read_lesson
            from keras_xavier_gui.lessons.tour import Tour, folder_of

            lesson = read_lesson(number)
            return Tour(lesson, folder_of(lesson, sources))

        def done(tour: "Tour") -> None:
            if number == self._wanted:
                self._show(tour)

        def failed(error: Exception) -> None:
            if not isinstance(error, ImportError | OSError | ValueError):
                self._window.watcher.failed.emit(error)
            if number == self._wanted:
                self.panel.say(f"Lesson {number}", f"It cannot be read: {error}")

        self._window.watcher.do(read, done, failed)

    def move(self, steps: int) -> None:
        """Goes some steps on or back."""
        if self.is_open and self.tour:
            self._show(self.tour.move(steps))

    def go_on(self) -> None:
        """Goes to the next step, unless it would tell what is to be predicted."""
        if self.tour and not self.tour.is_awaited:
            self.move(1)

    def close(self) -> None:
        """Takes the text off the window; its place is kept."""
        if self.is_open:
            kept.set_lesson_width(self._window.settings, self.panel.width())
            self.panel.hide()
            self._give_back()
            self.is_open_changed.emit(False)
            self._window.run_list.setFocus()

    def follow(self) -> None:
        """Shows runs of the present step as soon as they are there."""
        if not self.is_open or self.tour is None:
            return
        from keras_xavier_gui.lessons.tour import count_networks

        tour = self.tour
        runs = {entry.run.path: entry.run for entry in self._window.runs.entries}
        is_training = self._window.trainings.is_training(self._runs_folder())
        self.panel.show_networks(
            count_networks(tour, runs.values()),
            may_train=not (is_training or self._starting),
            complaint=self._complaint,
        )
        there = [path for path in map(tour.path, tour.step.runs) if path in runs]
        if not self._seen.issuperset(there):
            self._seen = frozenset(there)
            self._set_view(there)

    def _show_panel(self) -> None:
        if self.panel is None:
            from keras_xavier_gui.lessons.panel import LessonPanel

            self.panel = LessonPanel()
            self.panel.hide()
            self.panel.moved.connect(self.move)
            self.panel.predicted.connect(self._predict)
            self.panel.train_asked.connect(self._train)
            self.panel.closed.connect(self.close)
            self._window.splitters["columns"].addWidget(self.panel)
        if not self.is_open:
            most = round(MOST_OF_WINDOW * self._window.width())
            width = min(self.panel.sizeHint().width(), most)
            self.panel.show()
            self._make_room(kept.lesson_width(self._window.settings) or width)
            self.is_open_changed.emit(True)
        self.panel.text.setFocus()

    def _make_room(self, width: int) -> None:
        """Takes room from lists and pictures."""
        columns = self._window.splitters["columns"]
        left, plots, own = columns.sizes()
        lists = left - round(width * FROM_LISTS)
        columns.setSizes([lists, left + plots + own - lists - width, width])
        self._taken = left - columns.sizes()[0]

    def _give_back(self) -> None:
        columns = self._window.splitters["columns"]
        left, plots, own = columns.sizes()
        columns.setSizes([left + self._taken, plots + own - self._taken, 0])

    def _show(self, tour: "Tour") -> None:
        self._complaint = ""
        self.tour = self._tours[tour.lesson.number] = tour
        self._seen = frozenset()
        self.panel.show_tour(tour)
        watcher, folder = self._window.watcher, self._runs_folder()
        if not any(is_within(folder, one) for one in watcher.sources):
            watcher.open([folder])
        self.follow()

    def _runs_folder(self) -> str:
        return self.tour.lesson.folder(self.tour.folder)

    def _set_view(self, paths: list[str]) -> None:
        """Sets all that the step is about; what the user had changed is gone."""
        from keras_xavier_gui.lessons.tour import whole

        window, spec = self._window, self.tour.step.spec
        window.step_slider.player.stop()
        window.run_list.choose(*paths)
        if spec.figure:
            window.selection.set_hidden(())
            window.selection.set_step(spec.step)
        window.show_spec(whole(spec))
        view = window.plot()
        if spec.figure and view is not None and view.data is not None:
            view.reset_view()

    def _predict(self, selection: int) -> None:
        self.tour = self.tour.predict(selection)
        self._tours[self.tour.lesson.number] = self.tour
        self.panel.allow_moves(self.tour)

    def _train(self) -> None:
        self._starting, self._complaint = True, ""

        def started() -> None:
            self._starting = False
            self.follow()

        def complain(complaint: str) -> None:
            self._starting = False
            self._complaint = complaint
            self.follow()

        self._window.trainings.start_lesson(self.tour, started, complain)
        self.follow()

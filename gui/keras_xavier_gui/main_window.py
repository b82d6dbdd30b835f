"""The window: runs and layers at the left, pictures at the right."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from keras_xavier.figure_spec import FigureSpec
from keras_xavier_gui import preferences as kept
from keras_xavier_gui.lessons.controller import Lessons
from keras_xavier_gui.menus import add_menus, add_view_actions
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.run_panel.actions import RunActions
from keras_xavier_gui.run_panel.hyperparameters_tab import SettingsTab
from keras_xavier_gui.run_panel.list_view import (
    RunList,
    RunSelection,
    most_interesting,
    with_filter,
)
from keras_xavier_gui.run_panel.tree_model import RunTreeModel
from keras_xavier_gui.sources.run_cache import (
    Listing,
    Snapshot,
    find_source,
    is_within,
    why_missing,
)
from keras_xavier_gui.sources.run_watcher import RunWatcher
from keras_xavier_gui.sources.samples import SAMPLE_RUNS
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.training.manager import Trainings
from keras_xavier_gui.widgets.error_log import ErrorButton, ErrorLog
from keras_xavier_gui.widgets.icons import app_icon
from keras_xavier_gui.widgets.layer_list import LayerList
from keras_xavier_gui.widgets.message_page import (
    NO_NETWORKS,
    READING,
    MessagePage,
    WelcomePage,
    why_no_runs,
)
from keras_xavier_gui.widgets.status_bar import StatusText
from keras_xavier_gui.widgets.step_slider import StepSlider

if TYPE_CHECKING:
    from keras_xavier_gui.diagnosis.findings import Found
    from keras_xavier_gui.plots.plot_tab import PlotTab

CLOCK_SECONDS = 1.0
NOTICE_SECONDS = 8.0
WINDOW_SIZE = (1240, 780)
MOST_OF_SCREEN = 0.9
LEFT_WIDTH = 350
MOST_AT_LEFT = 0.3
"""Of the window: on a small screen, pictures need the room."""
AS_LEFT = FigureSpec()


class MainWindow(QtWidgets.QMainWindow):
    """Joins the parts; what they do is theirs.

    Args:
        errors: Takes what goes wrong unexpectedly.
        settings: What was kept from earlier times; those of this user by default.
    """

    view_menu: QtWidgets.QMenu
    lessons_menu: QtWidgets.QMenu

    def __init__(
        self, errors: ErrorLog, settings: QtCore.QSettings | None = None
    ) -> None:
        super().__init__()
        self._errors = errors
        self.settings = settings or kept.open_settings()
        self._listing: Listing | None = None
        # Opened just now: one of its runs is to be shown.
        self._opened: tuple[str, ...] = ()
        # Asked for before any run was read.
        self._asked_step: int | None = None
        self._asked_look = AS_LEFT
        self.selection = Selection(self)
        self.watcher = RunWatcher(self)
        # matplotlib takes its time: it is imported while the window is made and shown.
        self.watcher.do(import_plot_tabs, self._add_plot_tabs, self._errors.report)
        self.trainings = Trainings(self)
        self.lessons = Lessons(self)
        self.runs = RunTreeModel(self)
        self.run_list = RunList(self.runs)
        self.layer_list = LayerList(self.selection)
        self.tabs = QtWidgets.QTabWidget()
        self.step_slider = StepSlider(self.selection)
        self.welcome = WelcomePage()
        self.status = StatusText()
        self._build()
        add_menus(self)
        self.welcome.lessons.setMenu(self.lessons_menu)
        self.run_actions = RunActions(self)
        self.run_list.setFocus()
        self._connect()
        self.setAcceptDrops(True)
        self.setWindowTitle("keras-xavier")
        self.setWindowIcon(app_icon())
        screen = self.screen().availableGeometry().size()
        self.resize(QtCore.QSize(*WINDOW_SIZE).boundedTo(screen * MOST_OF_SCREEN))
        left = min(LEFT_WIDTH, round(MOST_AT_LEFT * self.width()))
        self.splitters["columns"].setSizes([left, self.width() - left])
        self._layout = {**self.splitters, "runs": self.run_list.header()}
        kept.restore_layout(self.settings, self, self._layout)

    # What can be done

    def load(self, paths: Sequence[str], spec: FigureSpec = AS_LEFT) -> None:
        """Opens runs and folders.

        Args:
            paths: Runs and folders of runs.
            look: What is to be seen of them.
        """
        self.show_spec(spec)
        self.open(paths)
        self._clock.start()
        self._show_page()

    def open(self, paths: Sequence[str]) -> None:
        """Opens runs and folders of runs."""
        sources = [source for path in paths if (source := find_source(path))]
        if missing := [why for path in paths if (why := why_missing(path))]:
            self.notify("  ·  ".join(missing))
        if sources:
            self._opened = tuple(sources)
            self.watcher.open(sources)
            kept.add_recent(self.settings, sources)
            self._show_page()

    def expect(self, *runs: str) -> None:
        """Shows runs as soon as they are found, and no others that were opened."""
        self._opened = runs

    def ask_to_open(self) -> None:
        """Asks for a folder and opens it."""
        start = self.watcher.sources[-1] if self.watcher.sources else ""
        path = QtWidgets.QFileDialog.getExistingDirectory(
            self, "Open a run (a folder NAME.zarr) or a folder of runs", start
        )
        if path:
            self.open([path])

    def show_spec(self, spec: FigureSpec) -> None:
        """Shows a picture as it is asked for, as soon as there are any."""
        if not self.tabs.count():
            self._asked_look = spec
            return
        for tab in range(self.tabs.count()):
            view = self.tabs.widget(tab)
            if spec.figure in getattr(view, "names", ()):
                self.tabs.setCurrentIndex(tab)
                view.show_spec(spec)
        if spec.step is not None:
            self.selection.set_step(spec.step)
            self._asked_step = spec.step
            self._answer_step()

    def _answer_step(self) -> None:
        """Says so if the step that was asked for is none of those recorded."""
        if self._asked_step is not None and len(self.selection.steps):
            if self._asked_step not in self.selection.steps:
                self._say_nearest(self._asked_step)
            self._asked_step = None

    def _say_nearest(self, step: int) -> None:
        nearest = self.selection.steps[self.selection.record]
        self.notify(f"There is no record of step {step:,}; the nearest is {nearest:,}.")

    def reload(self) -> None:
        """Reads everything anew; all that the user has chosen stays."""
        self.runs.drop_gone()
        self.runs.forget_damage()
        self.watcher.reload()

    def recent(self) -> list[str]:
        """What was opened before and is not open now."""
        recent = kept.recent_paths(self.settings)
        return [path for path in recent if path not in self.watcher.sources]

    def plot(self) -> "PlotTab | None":
        """The picture that is seen; `None` if a tab shows something else."""
        tab = self.tabs.currentWidget()
        return tab if hasattr(tab, "canvas") else None

    def notify(self, text: str) -> None:
        """Says something in the status bar, for some seconds."""
        self.statusBar().showMessage(text, round(NOTICE_SECONDS * 1000))

    # Construction

    def _build(self) -> None:
        left = QtWidgets.QSplitter(Qt.Orientation.Vertical)
        left.addWidget(titled("Runs", with_filter(self.run_list), self.run_list))
        left.addWidget(titled("La&yers", self.layer_list, self.layer_list.view))
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("Pictures")
        self._starting = MessagePage()
        self._starting.set_text(READING)
        self._pictures = QtWidgets.QWidget()
        rows = QtWidgets.QVBoxLayout(self._pictures)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.tabs, 1)
        rows.addWidget(self.step_slider)
        self._pages = QtWidgets.QStackedWidget()
        for page in (self._starting, self.welcome, self._pictures):
            self._pages.addWidget(page)
        columns = QtWidgets.QSplitter(Qt.Orientation.Horizontal)
        columns.addWidget(left)
        columns.addWidget(self._pages)
        columns.setStretchFactor(1, 1)
        self.splitters = {"columns": columns, "lists": left}
        for splitter in self.splitters.values():
            splitter.setChildrenCollapsible(False)
        central = QtWidgets.QWidget()
        parts = QtWidgets.QVBoxLayout(central)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setSpacing(0)
        parts.addWidget(columns, 1)
        parts.addWidget(self.trainings.area)
        self.setCentralWidget(central)
        self.statusBar().addWidget(self.status, 1)
        self.statusBar().addPermanentWidget(ErrorButton(self._errors))

    def _connect(self) -> None:
        self.watcher.listed.connect(self._show_runs)
        self.watcher.listed.connect(self.lessons.follow)
        self.watcher.refreshed.connect(self._show_snapshots)
        self.watcher.failed.connect(self._errors.report)
        self.trainings.failed.connect(self._errors.report)
        self.run_list.chosen.connect(self._choose_runs)
        self.welcome.open_asked.connect(self.ask_to_open)
        self.welcome.new_asked.connect(self.trainings.choose)
        self.welcome.samples_asked.connect(lambda: self.open([SAMPLE_RUNS]))
        self.welcome.recent_chosen.connect(lambda path: self.open([path]))
        self.step_slider.live_chosen.connect(self._set_live)
        self.step_slider.passed_over.connect(self._say_nearest)
        self.tabs.currentChanged.connect(self._show_live)
        self._clock = QtCore.QTimer(self)
        self._clock.setInterval(round(CLOCK_SECONDS * 1000))
        self._clock.timeout.connect(self._tick)

    def _add_plot_tabs(self, views: tuple[type["PlotTab"], ...]) -> None:
        for kind in views:
            view = kind(self.selection, self.watcher)
            view.unreadable.connect(self.runs.mark_damaged)
            view.live_changed.connect(self._show_live)
            view.drawn.connect(self._show_live)
            self.tabs.addTab(view, view.title)
        settings = SettingsTab(self.selection)
        self.tabs.addTab(settings, settings.title)
        self._add_diagnosis()
        add_view_actions(self)
        kept.restore_tabs(self.settings, self.tabs)
        self.show_spec(self._asked_look)
        self._show_page()

    def _add_diagnosis(self) -> None:
        # Not before: it brings in matplotlib.
        from keras_xavier_gui.diagnosis.tab import DiagnosisTab

        diagnosis = DiagnosisTab(self.selection, self.watcher)
        diagnosis.unreadable.connect(self.runs.mark_damaged)
        diagnosis.evidence_asked.connect(self._show_evidence)
        self.tabs.addTab(diagnosis, diagnosis.title)

    def _show_evidence(self, found: "Found") -> None:
        """Shows the picture of a finding: of its run alone, with its layers."""
        if [run.path for run in self.selection.runs] != [found.path]:
            self.run_list.choose(found.path)
        self.selection.set_hidden(
            self.selection.hidden.difference(found.finding.layers)
        )
        self.show_spec(found.finding.figure)

    def _set_live(self, live: str) -> None:
        if view := self.plot():
            view.set_live(live)

    def _show_live(self) -> None:
        if view := self.plot():
            self.step_slider.show_live(view.live)

    # Runs

    def _show_runs(self, listing: Listing) -> None:
        self._listing = listing
        self.runs.update(listing)
        for entry in self.runs.entries:
            self.selection.color_index(entry.run.path)
        opened = [
            entry
            for entry in listing.entries
            if any(is_within(entry.run.path, source) for source in self._opened)
        ]
        if chosen := most_interesting(opened):
            paths = [entry.run.path for entry in opened]
            named = self._opened if {*self._opened} <= {*paths} else ()
            self._opened = ()
            # Who names runs wants to compare them.
            self.run_list.choose(*(named or [chosen.run.path]))
        self._show_page()

    def _choose_runs(self, selection: RunSelection) -> None:
        self.watcher.show(selection.paths)
        if selection.paths:
            self.selection.expect_runs()
        else:
            self._show_snapshots(())

    def _show_snapshots(self, snapshots: tuple[Snapshot, ...]) -> None:
        self.selection.set_runs(snapshots)
        self._answer_step()
        run = self.selection.run
        self.setWindowTitle(f"{run.name} – keras-xavier" if run else "keras-xavier")
        self._tick()

    def _show_page(self) -> None:
        """Shows the pictures if there is any run, else what to do."""
        is_reading = bool(self.watcher.sources) and self._listing is None
        if self.runs.entries and self.tabs.count():
            self._pages.setCurrentWidget(self._pictures)
        elif self.runs.entries or is_reading or self.lessons.is_open:
            is_waiting = not self.runs.entries and self.lessons.is_open
            self._starting.set_text(NO_NETWORKS if is_waiting else READING)
            self._pages.setCurrentWidget(self._starting)
        else:
            self.welcome.set_text(why_no_runs(self.watcher.sources, self._listing))
            self.welcome.set_recent(self.recent())
            self._pages.setCurrentWidget(self.welcome)

    def _tick(self) -> None:
        """Shows ages as they are now."""
        self.runs.show_ages()
        first = next(iter(self.selection.runs), None)
        self.status.show_run(first, time.time(), waiting=self.watcher.waiting_seconds())

    # Events

    def dragEnterEvent(self, event: QtGui.QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QtGui.QDropEvent) -> None:
        event.acceptProposedAction()
        self.open(
            [
                url.toLocalFile() if url.isLocalFile() else url.toString()
                for url in event.mimeData().urls()
            ]
        )

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:
        if not self.trainings.let_close():
            event.ignore()
            return
        self.step_slider.player.stop()
        self.lessons.close()
        kept.save_layout(self.settings, self, self._layout)
        if self.tabs.count():
            kept.save_tabs(self.settings, self.tabs)
        self._clock.stop()
        self.trainings.close()
        self.watcher.close()
        super().closeEvent(event)


def import_plot_tabs() -> tuple[type["PlotTab"], ...]:
    """What is needed as soon as the window is there, and only then."""
    import keras_xavier_gui.diagnosis.tab  # noqa: F401
    from keras_xavier_gui.plots import VIEWS

    return VIEWS


def titled(
    title: str, widget: QtWidgets.QWidget, buddy: QtWidgets.QWidget
) -> QtWidgets.QWidget:
    """A widget under its title, which holds its mnemonic."""
    label = QtWidgets.QLabel(title)
    label.setBuddy(buddy)
    box = QtWidgets.QWidget()
    layout = QtWidgets.QVBoxLayout(box)
    layout.setContentsMargins(6, 6, 6, 4)
    layout.setSpacing(4)
    layout.addWidget(label)
    layout.addWidget(widget, 1)
    return box

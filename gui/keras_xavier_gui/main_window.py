"""The main window: runs and layers on the left, plots on the right."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from keras_xavier.figure_spec import FigureSpec
from keras_xavier_gui import preferences as stored
from keras_xavier_gui.bookmarks import Bookmarks
from keras_xavier_gui.context import AppContext
from keras_xavier_gui.diagnosis.controller import EvidenceController
from keras_xavier_gui.diagnosis.shown_evidence import ShownEvidence
from keras_xavier_gui.history.history import History
from keras_xavier_gui.layers.panel import LayerPanel
from keras_xavier_gui.lessons.controller import LessonController
from keras_xavier_gui.lessons.menu import lessons_menu
from keras_xavier_gui.menus import ON_FIGURES, Menus
from keras_xavier_gui.pages import Pages
from keras_xavier_gui.preferences_file import Preferences
from keras_xavier_gui.qt import Qt, QtCore, QtGui, QtWidgets
from keras_xavier_gui.requested_view import UNCHANGED, RequestedView
from keras_xavier_gui.run_panel.actions import RunActions
from keras_xavier_gui.run_panel.digests import RunDigests
from keras_xavier_gui.run_panel.emphasis import link_runs
from keras_xavier_gui.run_panel.first_choice import FirstChoice
from keras_xavier_gui.run_panel.list_view import RunList
from keras_xavier_gui.run_panel.panel import RunPanel
from keras_xavier_gui.run_panel.tree_model import RunTreeModel
from keras_xavier_gui.sources.listing import Listing, find_moves
from keras_xavier_gui.sources.paths import find_source, is_within, why_missing
from keras_xavier_gui.sources.run_cache import Snapshot
from keras_xavier_gui.sources.run_watcher import RunWatcher
from keras_xavier_gui.sources.samples import SAMPLE_RUNS
from keras_xavier_gui.sources.selection import Selection
from keras_xavier_gui.tab_preferences import restore_tabs, save_tabs
from keras_xavier_gui.tabs import PlotTabs, Tabs, import_plot_tabs
from keras_xavier_gui.toolbar import Toolbar
from keras_xavier_gui.toolbar_buttons import add_buttons
from keras_xavier_gui.training.manager import TrainingManager
from keras_xavier_gui.view_menu import ViewMenu
from keras_xavier_gui.widgets.error_log import ErrorButton, ErrorLog
from keras_xavier_gui.widgets.icons import app_icon
from keras_xavier_gui.widgets.status_bar import StatusText
from keras_xavier_gui.widgets.step_slider import StepSlider
from keras_xavier_gui.widgets.titled import titled

if TYPE_CHECKING:
    from keras_xavier_gui.plots.plot_tab import PlotTab

CLOCK_SECONDS = 1.0
NOTICE_SECONDS = 8.0
HANDLE_WIDTH = 5
WINDOW_SIZE = (1240, 780)
MAX_SCREEN_SHARE = 0.9
LEFT_WIDTH = 450
MAX_LEFT_SHARE = 0.36
"""Share of the window's width: on a small screen, the plots need the space."""


class MainWindow(QtWidgets.QMainWindow):
    """Assembles the widgets and connects their signals.

    Args:
        errors: Collects unexpected exceptions.
        preferences: Preferences of the user. Defaults to None: those on disk.
    """

    def __init__(
        self, errors: ErrorLog, preferences: Preferences | None = None
    ) -> None:
        super().__init__()
        self._errors = errors
        self.preferences = preferences or stored.open_preferences()
        self._listing: Listing | None = None
        self.selection = Selection(self)
        self.watcher = RunWatcher(self)
        # matplotlib takes long to import: meanwhile, the window is created and shown.
        self.watcher.do(import_plot_tabs, self._add_tabs, self._errors.report)
        self.runs = RunTreeModel(self)
        self.digests = RunDigests(self)
        self.context = AppContext(
            self.selection,
            self.watcher,
            self.runs,
            self.digests,
            self.preferences,
            self.notify,
            ShownEvidence(self.selection, self),
        )
        self.run_list = RunList(self.runs)
        self.run_panel = RunPanel(self.context, self.run_list)
        self.first = FirstChoice(self.context, self.run_list, self._is_untouched, self)
        self.run_actions = RunActions(self.context, self.run_list, self)
        self.run_actions.menu.addMenu(self.run_panel.grouping)
        self.run_actions.menu.addMenu(self.run_panel.columns)
        self.layer_list = LayerPanel(self.selection)
        self.toolbar = Toolbar()
        self.tabs = Tabs(self.context, self.toolbar)
        self.history = History(
            self.context, self.tabs, lambda paths: self.run_list.choose(*paths), self
        )
        self.requested = RequestedView(self.context, self.tabs, self)
        self.bookmarks = Bookmarks(self.context, self.tabs, self.history, self)
        self.evidence = EvidenceController(
            self.context, self.tabs, self.history, self.show_spec, self.run_list.choose
        )
        self.step_slider = StepSlider(self.selection)
        self.training = TrainingManager(self.context, self)
        self.status = StatusText()
        self._build()
        self.lessons = LessonController(
            self.context, self.training, self.splitters["columns"]
        )
        lessons = lessons_menu(self.lessons, self)
        self.pages.welcome.lessons.setMenu(lessons)
        self.menus = Menus(
            self, self.context, self.tabs, runs=self.run_actions.menu, lessons=lessons
        )
        self.run_list.setFocus()
        self._connect()
        self.setAcceptDrops(True)
        self.setWindowTitle("keras-xavier")
        self.setWindowIcon(app_icon())
        screen = self.screen().availableGeometry().size()
        self.resize(QtCore.QSize(*WINDOW_SIZE).boundedTo(screen * MAX_SCREEN_SHARE))
        left = min(LEFT_WIDTH, round(MAX_LEFT_SHARE * self.width()))
        self.splitters["columns"].setSizes([left, self.width() - left])
        stored.restore_layout(self.preferences, self, self.splitters)
        self.run_panel.restore()

    # Commands

    def load(self, paths: Sequence[str], spec: FigureSpec = UNCHANGED) -> None:
        """Opens runs and folders when the app starts.

        Args:
            paths: Runs and folders of runs.
            spec: Figure to show.
        """
        self.show_spec(spec)
        self.open(paths)
        self._clock.start()
        self._show_page()

    def open(self, paths: Sequence[str]) -> None:
        """Opens runs and folders of runs, and selects one of their runs."""
        sources = [source for path in paths if (source := find_source(path))]
        if missing := [why for path in paths if (why := why_missing(path))]:
            self.notify("  ·  ".join(missing))
        if sources:
            self._open_sources(sources)

    def ask_to_open(self) -> None:
        """Asks for a folder and opens it."""
        start = self.watcher.sources[-1] if self.watcher.sources else ""
        path = QtWidgets.QFileDialog.getExistingDirectory(
            self, "Open a run (a folder NAME.zarr) or a folder of runs", start
        )
        if path:
            self.open([path])

    def show_spec(self, spec: FigureSpec) -> None:
        """Shows a figure with its options, as soon as there are tabs."""
        self.requested.show(spec)

    def reload(self) -> None:
        """Reads all runs again; selections are kept."""
        self.run_panel.reload()
        self.watcher.reload()

    def plot(self) -> "PlotTab | None":
        """The current tab if it shows a plot."""
        return self.tabs.plot()

    def notify(self, text: str) -> None:
        """Shows a message in the status bar for a few seconds."""
        self.statusBar().showMessage(text, round(NOTICE_SECONDS * 1000))

    # Construction

    def _build(self) -> None:
        left = QtWidgets.QSplitter(Qt.Orientation.Vertical)
        left.addWidget(titled("Runs", self.run_panel, self.run_list))
        left.addWidget(titled("La&yers", self.layer_list, self.layer_list.view))
        plots = QtWidgets.QWidget()
        rows = QtWidgets.QVBoxLayout(plots)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.tabs, 1)
        rows.addWidget(self.evidence.bar)
        rows.addWidget(self.step_slider)
        self.pages = Pages(self.context, plots)
        columns = QtWidgets.QSplitter(Qt.Orientation.Horizontal)
        columns.addWidget(left)
        columns.addWidget(self.pages)
        columns.setStretchFactor(1, 1)
        self.splitters = {"columns": columns, "lists": left}
        for splitter in self.splitters.values():
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(HANDLE_WIDTH)
        central = QtWidgets.QWidget()
        parts = QtWidgets.QVBoxLayout(central)
        parts.setContentsMargins(0, 0, 0, 0)
        parts.setSpacing(0)
        parts.addWidget(self.toolbar)
        parts.addWidget(columns, 1)
        parts.addWidget(self.training.area)
        self.setCentralWidget(central)
        self.statusBar().addWidget(self.status, 1)
        self.statusBar().addPermanentWidget(ErrorButton(self._errors))

    def _connect(self) -> None:
        self.watcher.listed.connect(self._show_runs)
        self.watcher.listed.connect(lambda _: self.lessons.update_runs())
        self.watcher.refreshed.connect(self._show_snapshots)
        for one in (self.watcher, self.digests, self.training):
            one.failed.connect(self._errors.report)
        self.training.started.connect(self._show_started)
        self.training.all_stopped.connect(self.close)
        self.run_list.chosen.connect(self._select_runs)
        link_runs(self.run_list, self.runs, self.selection)
        for source in (self.menus, self.pages.welcome):
            source.open_asked.connect(self.ask_to_open)
            source.new_asked.connect(self.training.show_dialog)
        self.menus.path_chosen.connect(lambda path: self.open([path]))
        self.menus.reload_asked.connect(self.reload)
        self.menus.run_asked.connect(self.run_list.choose)
        self.bookmarks.runs_asked.connect(self._open_together)
        self.pages.welcome.samples_asked.connect(lambda: self.open([SAMPLE_RUNS]))
        self.pages.welcome.recent_chosen.connect(lambda path: self.open([path]))
        self.lessons.opened.connect(lambda: self.first.expect(()))
        self.lessons.view_asked.connect(self._show_view)
        self.lessons.step_shown.connect(self._show_page)
        self.run_list.clicked.connect(lambda _: self.lessons.leave_to_user())
        self.run_list.chosen.connect(lambda _: self.lessons.leave_to_user())
        self.lessons.is_open_changed.connect(
            lambda is_open: is_open or self.run_list.setFocus()
        )
        self.step_slider.live_chosen.connect(self.tabs.set_live)
        self.step_slider.passed_over.connect(self.requested.notify_nearest)
        self.tabs.live_changed.connect(self._show_live)
        self.tabs.tabBarClicked.connect(lambda _: self.first.cancel())
        self.layer_list.view.figure_asked.connect(self.tabs.show_layer)
        self.tabs.try_asked.connect(self.training.try_remedies)
        self.tabs.experiment_asked.connect(self.training.show_dialog)
        self.training.tried.connect(lambda _run: self.tabs.update_trials())
        self.tabs.compare_asked.connect(self.evidence.compare)
        self.training.compare_asked.connect(self.evidence.compare)
        self._clock = QtCore.QTimer(self)
        self._clock.setInterval(round(CLOCK_SECONDS * 1000))
        self._clock.timeout.connect(self._tick)

    def _add_tabs(self, plot_tabs: PlotTabs) -> None:
        self.tabs.fill(plot_tabs)
        view = ViewMenu(
            self.menus.view,
            self.context,
            self.tabs,
            history=(self.history.back_action, self.history.forward_action),
            bookmarks=self.bookmarks.menu,
            export=[self.menus.export[name] for name in ON_FIGURES],
            play=self.step_slider.player.toggle,
            runs=self.run_list,
            layers=self.layer_list.filter,
            sidebar=self.splitters["lists"],
            toolbar=self.toolbar,
        )
        # Without plots, the toolbar stays hidden.
        view.toolbar.triggered.connect(lambda _checked: self._show_page())
        add_buttons(self.toolbar, view, self.menus.export)
        self.toolbar.order_focus(self.run_list)
        restore_tabs(self.preferences, self.tabs)
        self.requested.show_first()
        self.digests.start()
        self._show_page()

    # Plots

    def _show_view(self, paths: Sequence[str], spec: FigureSpec) -> None:
        """Shows runs as a lesson requests; changes by the user are lost."""
        self.step_slider.player.stop()
        self.run_list.choose(*paths)
        if spec.figure:
            self.selection.set_hidden(())
            self.selection.set_step(spec.step)
        self.show_spec(spec)
        plot = self.plot()
        if spec.figure and plot is not None and plot.data is not None:
            plot.reset_view()

    def _show_live(self) -> None:
        if plot := self.plot():
            self.step_slider.show_live(plot.live)

    # Runs

    def _show_runs(self, listing: Listing) -> None:
        self._listing = listing
        moves = find_moves(self.runs.entries, listing.entries)
        for old, new in moves.items():
            self.run_actions.replace_path(old, new)
            self.runs.mark_moved(new, old)
        self.runs.update(listing)
        self.selection.reserve_colors(entry.run.path for entry in self.runs.entries)
        self.first.choose(listing)
        self._show_page()

    def _select_runs(self, paths: tuple[str, ...]) -> None:
        self.watcher.show(paths)
        if paths:
            self.selection.expect_runs()
        else:
            self._show_snapshots(())

    def _show_snapshots(self, snapshots: tuple[Snapshot, ...]) -> None:
        damaged = {one.path: one.reason or "" for one in snapshots if one.is_damaged}
        self.runs.mark_damaged(damaged)
        self.selection.set_runs(snapshots)
        self.requested.complete()
        names = [run.name for run in self.selection.all_runs]
        title = f"{len(names)} runs" if len(names) > 1 else "".join(names)
        self.setWindowTitle(f"{title} – keras-xavier" if title else "keras-xavier")
        self._tick()

    def _open_sources(self, sources: Sequence[str]) -> None:
        self.first.expect(sources)
        self.watcher.open(sources)
        stored.add_recent(self.preferences, sources)
        self._show_page()

    def _open_together(self, paths: Sequence[str], selected: Sequence[str]) -> None:
        """Opens runs, and selects them together with others."""
        self._open_sources(paths)
        self.first.expect(selected)

    def _show_started(self, run: str) -> None:
        """Opens a run whose training has started, and selects it when it is listed."""
        if not any(is_within(run, source) for source in self.watcher.sources):
            folder = self.training.folder()
            # The run does not exist before its first record.
            self._open_sources([folder if is_within(run, folder) else run])
        self.first.expect([run])
        # A step that was selected in other runs would hide its progress.
        self.selection.set_step(None)

    def _is_untouched(self) -> bool:
        """Returns whether step, layers and zoom are as they are at first."""
        plot, selection = self.plot(), self.selection
        is_fitted = plot is None or plot.plot.follow
        return is_fitted and selection.step is None and not selection.hidden

    def _show_page(self) -> None:
        """Shows the plots if there are runs, and otherwise how to get some."""
        has_plots = bool(self.runs.entries and self.tabs.count())
        is_hidden = stored.is_part_hidden(self.preferences, stored.TOOLBAR)
        image = self.lessons.image
        self.toolbar.setVisible(has_plots and not (is_hidden or image))
        self.pages.show_page(
            self._listing,
            has_plots=has_plots,
            has_lesson=self.lessons.is_open,
            is_before_plots=self.lessons.is_before_plots,
            image=image,
        )

    def _tick(self) -> None:
        """Updates ages."""
        self.runs.show_ages()
        self.status.show_runs(
            self.selection.all_runs, time.time(), waiting=self.watcher.waiting_seconds()
        )

    # Events

    def dragEnterEvent(self, event: QtGui.QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QtGui.QDropEvent) -> None:
        event.acceptProposedAction()
        urls = event.mimeData().urls()
        self.open([one.toLocalFile() or one.toString() for one in urls])

    def closeEvent(self, event: QtGui.QCloseEvent) -> None:
        if not self.training.may_close():
            event.ignore()
            return
        self.step_slider.player.stop()
        self.history.close()
        self.lessons.close()
        stored.save_layout(self.preferences, self, self.splitters)
        self.run_panel.save()
        if self.tabs.count():
            save_tabs(self.preferences, self.tabs)
        self._clock.stop()
        self.first.cancel()
        self.training.close()
        self.digests.close()
        self.watcher.close()
        super().closeEvent(event)

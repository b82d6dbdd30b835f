"""keras-xavier export: writes a run in another format."""

import argparse

from keras_xavier.cli.output import Commands, open_readable, run_argument, say, show

# Copied from `keras_xavier.runs.exports`, which is slow to import.
FORMATS = ("csv", "parquet", "netcdf", "tensorboard")
TABLES = ("statistics", "histograms", "metrics", "units", "layers")


def add_export(commands: Commands) -> None:
    export_parser = commands.add_parser(
        "export",
        help="write a run in another format",
        description="Write a run as CSV, Parquet, NetCDF or TensorBoard event files.",
    )
    export_parser.add_argument(
        "run", type=run_argument, metavar="RUN", help="run to export"
    )
    export_parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE|FOLDER",
        help="output: .csv, .parquet, .nc, or a folder for TensorBoard",
    )
    export_parser.add_argument(
        "--format",
        choices=FORMATS,
        metavar="NAME",
        help=f"output format: {', '.join(FORMATS)} (default: from the file suffix)",
    )
    export_parser.add_argument(
        "--table",
        choices=TABLES,
        metavar="NAME",
        help=f"table for CSV or Parquet: {', '.join(TABLES)} (default: statistics)",
    )
    export_parser.add_argument(
        "--overwrite", action="store_true", help="replace existing output"
    )
    export_parser.set_defaults(command=export, parser=export_parser)


def export(options: argparse.Namespace) -> int:
    from keras_xavier.runs import RunError, export_run

    try:
        written = export_run(
            open_readable(options.run),
            options.output,
            format=options.format,
            table=options.table,
            overwrite=options.overwrite,
        )
    except (ValueError, FileExistsError) as mistake:
        options.parser.error(str(mistake))
    except (RunError, ImportError, OSError) as failure:
        say(f"keras-xavier: {failure}")
        return 1
    show(written)
    return 0

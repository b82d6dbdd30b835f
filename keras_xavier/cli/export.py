"""keras-xavier export: a run in a file of another format."""

import argparse

from keras_xavier.cli.output import Commands, say

# As `keras_xavier.runs.exports` has them, which takes a moment to import.
FORMATS = ("csv", "parquet", "netcdf", "tensorboard")
TABLES = ("statistics", "histograms", "metrics")


def add_export(commands: Commands) -> None:
    export_parser = commands.add_parser(
        "export",
        help="write a run in another format",
        description="Write a run in a format that other programs read: CSV, Parquet, "
        "NetCDF, or event files for TensorBoard.",
    )
    export_parser.add_argument("run", metavar="RUN", help="what to write")
    export_parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE|FOLDER",
        help="where to: .csv, .parquet, .nc, or a folder for TensorBoard",
    )
    export_parser.add_argument(
        "--format",
        choices=FORMATS,
        metavar="NAME",
        help=f"{', '.join(FORMATS)} (default: as the name's ending tells)",
    )
    export_parser.add_argument(
        "--table",
        choices=TABLES,
        metavar="NAME",
        help=f"of CSV and Parquet: {', '.join(TABLES)} (default: statistics)",
    )
    export_parser.add_argument(
        "--overwrite", action="store_true", help="replace what is there"
    )
    export_parser.set_defaults(command=export, parser=export_parser)


def export(options: argparse.Namespace) -> int:
    from keras_xavier.runs import RunError, export_run, open_run

    try:
        written = export_run(
            open_run(options.run),
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
    print(written)
    return 0

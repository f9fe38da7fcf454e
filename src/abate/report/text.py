"""Tables as CSV text, and text written whole or not at all."""

import csv
import io
import tempfile
from pathlib import Path

import pyarrow as pa


def csv_text(table: pa.Table) -> str:
    """Return a table as CSV text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows([row[name] for name in table.column_names] for row in table.to_pylist())
    return out.getvalue()


def write_whole(path: Path, text: str) -> None:
    """Write a text file beside its place and move it in, so that it is never half there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=f".{path.name}.", encoding="utf-8", newline="", delete=False
    ) as stream:
        stream.write(text)
    Path(stream.name).replace(path)

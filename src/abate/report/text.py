"""Tables as CSV text."""

import csv
import io

import pyarrow as pa


def csv_text(table: pa.Table) -> str:
    """Return a table as CSV text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows([row[name] for name in table.column_names] for row in table.to_pylist())
    return out.getvalue()

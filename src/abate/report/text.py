"""Tables as CSV and Parquet."""

import io
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from abate.engine.store import batches

SPREADSHEET_ROWS = 1_048_575
"""What a spreadsheet holds below a header: a longer table is written as Parquet alone."""
BATCH = 100_000
AS_NEEDED = pyarrow.csv.WriteOptions(quoting_style="needed", quoting_header="needed")


def csv_text(table: pa.Table) -> str:
    """Return a table as CSV text; what is missing is empty, and empty text is ``""``."""
    out = io.BytesIO()
    pyarrow.csv.write_csv(table, out, AS_NEEDED)
    return out.getvalue().decode()


def write_table(folder: Path, name: str, table: pa.Table | ibis.Table) -> None:
    """Write a table as ``NAME.parquet`` and, where a spreadsheet can hold it, ``NAME.csv``, piece by piece."""
    reader = batches(table, BATCH) if isinstance(table, ibis.Table) else table.to_reader(BATCH)
    text, rows = folder / f"{name}.csv", 0
    with (
        pq.ParquetWriter(folder / f"{name}.parquet", reader.schema) as parquet,
        pyarrow.csv.CSVWriter(text, reader.schema, write_options=AS_NEEDED) as sheet,
    ):
        for batch in reader:
            rows += batch.num_rows
            parquet.write_batch(batch)
            if rows <= SPREADSHEET_ROWS:
                sheet.write_batch(batch)
    if rows > SPREADSHEET_ROWS:
        text.unlink()

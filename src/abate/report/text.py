"""Tables as CSV and Parquet."""

import io
import re
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from abate.engine.store import batches

SPREADSHEET_ROWS = 1_048_575
"""What a spreadsheet holds below a header: a longer table is written as Parquet alone."""
BATCH = 100_000
AS_NEEDED = pyarrow.csv.WriteOptions(quoting_style="needed", quoting_header="needed")


FORMULA = r"^[=@\t\r]|^[+-]"
NUMBERS = r"^[+-][0-9.,]+( ?%)?( to [+-]?[0-9.,]+( ?%)?)?$"
"""Texts that begin with a sign and are no formula: a number, or an interval."""


def harmless(table: pa.Table | pa.RecordBatch) -> pa.Table:
    """Return a table in which no text is a formula to a spreadsheet: an apostrophe stands before it.

    References
    ----------
    OWASP, CSV injection. https://owasp.org/www-community/attacks/CSV_Injection

    Examples
    --------
    >>> harmless(pa.table({"said": ["=1+1", "-3 to +4", "fever"]}))["said"].to_pylist()
    ["'=1+1", '-3 to +4', 'fever']
    """
    columns = {}
    for name, column in zip(table.schema.names, table.columns, strict=True):
        safe = column
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            begins = pc.match_substring_regex(column, FORMULA)
            formula = pc.and_not(begins, pc.match_substring_regex(column, NUMBERS))
            safe = pc.if_else(formula, pc.binary_join_element_wise("'", column, ""), column)
        columns[f"'{name}" if re.match(FORMULA, name) else name] = safe
    return pa.table(columns)


def csv_text(table: pa.Table) -> str:
    """Return a table as CSV text; what is missing is empty, and empty text is ``""``."""
    out = io.BytesIO()
    pyarrow.csv.write_csv(harmless(table), out, AS_NEEDED)
    return out.getvalue().decode()


def write_table(folder: Path, name: str, table: pa.Table | ibis.Table) -> None:
    """Write a table as ``NAME.parquet`` and, where a spreadsheet can hold it, ``NAME.csv``, piece by piece."""
    reader = batches(table, BATCH) if isinstance(table, ibis.Table) else table.to_reader(BATCH)
    text, rows = folder / f"{name}.csv", 0
    with (
        pq.ParquetWriter(folder / f"{name}.parquet", reader.schema) as parquet,
        pyarrow.csv.CSVWriter(text, harmless(reader.schema.empty_table()).schema, write_options=AS_NEEDED) as sheet,
    ):
        for batch in reader:
            rows += batch.num_rows
            parquet.write_batch(batch)
            if rows <= SPREADSHEET_ROWS:
                sheet.write_table(harmless(batch))
    if rows > SPREADSHEET_ROWS:
        text.unlink()

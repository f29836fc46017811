"""Reading a CSV or XLSX file as rows of texts, within bounds, whatever somebody uploads."""

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from catalogue.domain.feeds import BadFeedError

MOST_BYTES = 20 * 1024 * 1024
MOST_UNPACKED = 400 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 200
LONGEST_CELL = 1_000_000


def rows_of(name: str, content: bytes) -> Iterator[list[str]]:
    """The rows of a file, the header first. Raises BadFeedError in one sentence."""
    if len(content) > MOST_BYTES:
        raise BadFeedError(f"The file is larger than {MOST_BYTES // 1024**2} MB: divide it.")
    rows = _of_xlsx(content) if content.startswith(b"PK") else _of_csv(name, content)
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            raise BadFeedError(f"The file has more than {MOST_ROWS:,} rows: divide it.")
        yield row[:MOST_COLUMNS]


def _of_csv(name: str, content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadFeedError(f"{name} is no UTF-8: save it as “CSV UTF-8” or as XLSX.") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(LONGEST_CELL)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise BadFeedError(f"{name} is no CSV: {error}.") from error


def _of_xlsx(content: bytes) -> Iterator[list[str]]:
    """The first sheet, read as a stream; formulas count by the values that were saved with them."""
    try:
        packed = zipfile.ZipFile(io.BytesIO(content)).infolist()
        if sum(part.file_size for part in packed) > MOST_UNPACKED:
            raise BadFeedError("The workbook unpacks to more than can be read: divide it.")
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for row in book.worksheets[0].iter_rows(values_only=True, max_col=MOST_COLUMNS):
            yield [_text(value) for value in row]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, OSError) as error:
        raise BadFeedError(f"This is no workbook that can be read: {error}.") from error


def _text(value: object) -> str:
    """A cell as somebody would have typed it: whole numbers without a decimal point."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date) else str(value)

"""Ten orders, at the second attempt."""
import os
import pathlib
import tempfile

TRIED = pathlib.Path(tempfile.gettempdir(), f"fetch-{os.getppid()}")


def handler(event, context):
    if not TRIED.exists():
        TRIED.touch()
        raise ConnectionError("the shop does not answer")
    TRIED.unlink()
    print("10 orders")
    return [{"order": number} for number in range(10)]

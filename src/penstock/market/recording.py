"""Where a recording lies: a file, or a folder that holds exactly one; `.zst` is unpacked on the way."""

from pathlib import Path

import zstandard

from penstock.domain.errors import BadInput


def find_file(path: Path, suffixes: tuple[str, ...]) -> Path:
    """The file itself, or the only one in the folder whose name ends in one of `suffixes`.

    Raises:
        BadInput: nothing there, not exactly one, or another kind of file.
    """
    if path.is_dir():
        found = sorted(child for child in path.iterdir() if child.name.endswith(suffixes))
        if len(found) != 1:
            raise BadInput(str(path), "", f"a folder must hold exactly one {' or '.join(suffixes)}", len(found))
        return found[0]
    if not path.is_file():
        raise BadInput(str(path), "", "there is no such file or folder")
    if not path.name.endswith(suffixes):
        raise BadInput(str(path), "", f"the file's name must end in {' or '.join(suffixes)}")
    return path


def read_bytes(path: Path) -> bytes:
    """The file's content, unpacked if its name ends in `.zst`.

    Raises:
        BadInput: not readable, empty, not zstd, or cut off.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(str(path), "", f"cannot be read: {error.strerror}") from error
    if path.name.endswith(".zst"):
        data = _unpack(path, data)
    if not data.strip():
        raise BadInput(str(path), "", "the file is empty")
    return data


def _unpack(path: Path, data: bytes) -> bytes:
    parts: list[bytes] = []
    try:
        while data:
            frame = zstandard.ZstdDecompressor().decompressobj()
            parts.append(frame.decompress(data))
            if not frame.eof:
                raise BadInput(str(path), "", "the zstd file is cut off before its end")
            data = frame.unused_data
    except zstandard.ZstdError as error:
        raise BadInput(str(path), "", f"not a sound zstd file: {error}") from error
    return b"".join(parts)

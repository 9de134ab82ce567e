"""Builds one stage: `python3 builder.py server` compiles the server's sources into build/server/.

What is built carries the hash of the sources that it was built from, and shows it to whoever asks. So
anybody can tell a running build of today's sources from one of yesterday's.
"""

from __future__ import annotations

import hashlib
import py_compile
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent
BUILD = ROOT / "build"

FOLDERS = {
    "client": ("client",),
    "server": ("server", "common"),
    "internal-service": ("internal_service", "common"),
    "ui": ("ui", "common"),
}


def source_files(stage: str) -> list[Path]:
    """The files that the stage is built from, this builder included, in a fixed order."""
    found = (path for folder in FOLDERS[stage] for path in (ROOT / folder).iterdir() if path.is_file())
    return [*sorted(found), Path(__file__).resolve()]


def source_version(stage: str) -> str:
    """Twelve hexadecimal digits that change with every byte of the stage's sources as they are now."""
    return _version({path.relative_to(ROOT).as_posix(): path.read_bytes() for path in source_files(stage)})


def _version(contents: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, data in contents.items():
        digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()[:12]


def build(stage: str) -> str:
    """Build the stage and give back the version that was built; a fault in a source ends the build."""
    # Each file is read once: the version is that of the very bytes that are compiled.
    contents = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in source_files(stage)}
    version = _version(contents)
    BUILD.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        fresh = Path(folder) / stage
        fresh.mkdir()
        (fresh / "version.txt").write_text(version)
        if stage == "client":
            _bundle(contents, version, fresh / "bundle.js")
        else:
            _compile(contents, fresh)
        if stage == "ui":
            shutil.copy(BUILD / "client" / "bundle.js", fresh)
        # The old build goes away only when the new one is complete.
        shutil.rmtree(BUILD / stage, ignore_errors=True)
        fresh.rename(BUILD / stage)
    return version


def _bundle(contents: dict[str, bytes], version: str, bundle: Path) -> None:
    scripts = [data.decode() for name, data in contents.items() if name.endswith(".js")]
    body = "\n".join([f'const CLIENT_VERSION = "{version}";', *scripts])
    bundle.write_text(f'(() => {{\n"use strict";\n{body}\n}})();\n')


def _compile(contents: dict[str, bytes], folder: Path) -> None:
    """Python sources become byte code, everything else is taken along as it is."""
    for name, data in contents.items():
        if name == Path(__file__).name:
            continue
        copy = folder / Path(name).name
        copy.write_bytes(data)
        if copy.suffix == ".py":
            py_compile.compile(str(copy), cfile=str(copy.with_suffix(".pyc")), dfile=name, doraise=True)
            copy.unlink()


def main(arguments: list[str]) -> None:
    if len(arguments) != 1 or arguments[0] not in FOLDERS:
        sys.exit(f"usage: python3 builder.py {{{','.join(FOLDERS)}}}")
    try:
        version = build(arguments[0])
    except py_compile.PyCompileError as fault:
        sys.exit(f"error: {arguments[0]} does not compile\n{fault.msg}")
    except FileNotFoundError as fault:
        sys.exit(f"error: {fault.filename} is missing: build the client first")
    print(f"{arguments[0]} {version} built in {(BUILD / arguments[0]).relative_to(ROOT)}/")


if __name__ == "__main__":
    main(sys.argv[1:])

"""A disk and a clock that do what they should not: what `faults/faults.c` is told, and what is left when the power fails."""

import mmap
import pathlib
import random
import shutil
import struct
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).parent / "faults" / "faults.c"

# `struct control`, in its order.
MEMBERS = ("write_error", "sync_error", "short_writes", "clock_seconds", "failed")

# `struct dirty`.
DIRTY = struct.Struct("qq")
SECTOR = 512


def library(folder):
    """What is preloaded, compiled."""
    built = folder / "faults.so"
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    options = ["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", built, SOURCE, "-ldl", "-pthread"]
    subprocess.run([compiler, *options], check=True)
    return built


class Faults:
    """The disk and the clock of one server, whose data are in `folder`."""

    def __init__(self, library, folder, data):
        folder = pathlib.Path(folder)
        self.data = pathlib.Path(data).resolve()
        self.disk = folder / "disk"
        self.disk.mkdir(parents=True)
        told = folder / "control"
        told.write_bytes(bytes(4 * len(MEMBERS)))
        with open(told, "r+b") as file:
            self.control = mmap.mmap(file.fileno(), 0)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAULTS_CONTROL": str(told),
            "FAULTS_FOLDER": str(self.data),
            "FAULTS_DISK": str(self.disk),
        }

    def tell(self, **members):
        """Says what is to happen from now on."""
        for name, value in members.items():
            struct.pack_into("i", self.control, 4 * MEMBERS.index(name), value)

    def failed(self):
        """How many calls failed so far."""
        return struct.unpack_from("i", self.control, 4 * MEMBERS.index("failed"))[0]

    def power_fails(self, chance=None):
        """Leaves in the data folder what the disk has, once the server is dead: what was synced, and of what was only
        written some sectors by chance. Without chance, nothing of it."""
        for dirty in sorted(self.disk.glob("*.dirty")):
            name, places = dirty.name.removesuffix(".dirty"), dirty.read_bytes()
            dirty.unlink()
            written = self.data / name
            if chance is None or not written.exists():
                continue
            with open(written, "rb") as source, open(self.disk / name, "ab") as _, open(self.disk / name, "r+b") as image:
                for offset, length in DIRTY.iter_unpack(places[: len(places) // DIRTY.size * DIRTY.size]):
                    write_some(source, image, offset, length, chance)
        for file in self.data.iterdir():
            if file.is_file():
                file.unlink()
        for file in self.disk.iterdir():
            shutil.copy(file, self.data)


def write_some(source, image, offset, length, chance: random.Random):
    if length < 0:
        if chance.random() < 0.5:
            image.truncate(offset)
        return
    share = chance.choice([0, 0.1, 0.5, 0.9, 1])
    for place in range(offset, offset + length, SECTOR):
        if chance.random() < share:
            source.seek(place)
            image.seek(place)
            image.write(source.read(min(SECTOR, offset + length - place)))



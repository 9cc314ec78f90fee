"""Whether a file is on a file system of the network, where locks and the engine's writes cannot be relied on."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path

from clientops.core.errors import BookError

NETWORK = frozenset({
    "nfs", "nfs3", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afs", "ncpfs", "glusterfs", "fuse.glusterfs", "ceph", "fuse.ceph",
    "lustre", "beegfs", "gpfs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.gcsfuse", "davfs", "fuse.davfs2", "webdav",
})  # fmt: skip
MOUNTS = Path("/proc/mounts")


def refuse_network_files(path: Path) -> None:
    """Refuse a book on a network file system.

    Raises:
        BookError: It is on one; says what to do instead.
    """
    if kind := network_kind(path.resolve().parent):
        raise BookError(
            f"The book {path} is on a network file system ({kind}), where two machines could write at the same time and "
            "damage it. Keep it on a disk of one machine, run clientops serve there, and let the others use that server"
        )


@lru_cache(maxsize=64)
def network_kind(folder: Path) -> str:
    """Kind of the network file system that a folder is on; empty if it is on none, or the system does not say."""
    if not sys.platform.startswith("linux"):
        return ""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        part = line.split()
        if len(part) < 3:
            continue
        mount = Path(part[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        if folder.is_relative_to(mount) and len(mount.parts) >= best:
            best, kind = len(mount.parts), part[2]
    return kind if kind in NETWORK else ""

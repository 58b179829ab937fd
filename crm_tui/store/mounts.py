"""Where a database lies: on a disk of this host, or on a file system that is another host's, where SQLite loses data.

SQLite's write-ahead log wants memory that all processes share, and locks that hold (sqlite.org/wal.html, section 2).
"""

from __future__ import annotations

import re
from pathlib import Path

from crm_tui.domain.expressions import expression

_MOUNTS = Path("/proc/self/mountinfo")

_REMOTE = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "9p", "afs", "ceph", "coda", "glusterfs", "lustre", "beegfs",
        "gpfs", "orangefs", "pvfs2", "davfs", "vboxsf", "prl_fs", "virtiofs",
    }
)  # fmt: skip
_REMOTE_FUSE = frozenset(
    {
        "sshfs", "rclone", "s3fs", "goofys", "gcsfuse", "blobfuse", "blobfuse2", "glusterfs", "ceph", "ceph-fuse",
        "davfs", "davfs2", "curlftpfs", "smbnetfs", "juicefs", "moosefs", "mfs", "lizardfs", "vmhgfs-fuse",
        "google-drive-ocamlfuse", "onedriver", "gvfsd-fuse",
    }
)  # fmt: skip
_ELSEWHERE = expression(r"[a-z0-9+.-]+://|//|[^/]+:")
"""What a mount is of, where that is on another host: an address, `//host/share`, `host:folder`."""


def remote(folder: Path, mounts: str | None = None) -> str:
    """The kind of the network file system that holds `folder`, such as `nfs4` or `fuse.sshfs`; "" for a local one.

    `mounts` is what Linux's /proc/self/mountinfo says; elsewhere nothing can be told.
    """
    if mounts is None:
        try:
            mounts = _MOUNTS.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
    kind, source = _holder(str(folder), mounts)
    of, __, which = kind.partition(".")
    if kind in _REMOTE or (of.startswith("fuse") and (which in _REMOTE_FUSE or _ELSEWHERE.match(source))):
        return kind
    return ""


def _holder(folder: str, mounts: str) -> tuple[str, str]:
    """The kind and the source of the mount that holds the folder: the deepest, of those over each other the last."""
    best, found = "", ("", "")
    for line in mounts.splitlines():
        left, __, right = line.partition(" - ")
        places, what = left.split(" "), right.split(" ")
        if len(places) < 5 or len(what) < 2:
            continue
        mount = _plain(places[4])
        inside = folder == mount or folder.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, found = mount, (what[0], _plain(what[1]))
    return found


def _plain(name: str) -> str:
    """A name as it is: mountinfo writes blanks and the like as `\\040`."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), name)

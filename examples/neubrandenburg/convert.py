# ruff: noqa: INP001  a script beside its data is no package
"""Makes the demo city's extract: the same map data as PBF, without who mapped what and when.

    python examples/neubrandenburg/convert.py neubrandenburg.osm.bz2 neubrandenburg.osm.pbf

The source is `nodist/data/neubrandenburg.osm.bz2` of Debian's source package `josm` (0.0.svn18646).
"""

import sys
from pathlib import Path

import osmium

FORMAT = "pbf,add_metadata=none,pbf_dense_nodes=true,pbf_compression=zlib,pbf_compression_level=9"


def convert(source: Path, out: Path) -> int:
    """Copies every node, way and relation without user, uid, changeset, version and timestamp.

    Returns:
        How many were copied.
    """
    reader = osmium.io.Reader(str(source))
    header = osmium.io.Header()
    header.set("generator", "doorstep")
    header.add_box(reader.header().box())
    reader.close()
    copied = 0
    with osmium.SimpleWriter(osmium.io.File(str(out), FORMAT), header=header, overwrite=True) as writer:
        for entity in osmium.FileProcessor(str(source)):
            writer.add(entity.replace(user="", uid=0, changeset=0, version=0, timestamp=None))
            copied += 1
    return copied


if __name__ == "__main__":
    print(convert(Path(sys.argv[1]), Path(sys.argv[2])))  # noqa: T201  a script's answer

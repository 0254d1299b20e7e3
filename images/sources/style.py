"""What both pictures share: large type, so that they read at half size."""

from diagrams import Edge

GRAPH = {
    "fontname": "DejaVu Sans",
    "fontsize": "30",
    "labelloc": "t",
    "nodesep": "0.7",
    "ranksep": "1.6",
    "pad": "0.4",
    "splines": "spline",
    "dpi": "96",
}
NODE = {"fontname": "DejaVu Sans", "fontsize": "18", "imagepos": "tc"}
CLUSTER = {"fontname": "DejaVu Sans", "fontsize": "22", "margin": "26"}


def call(label="", **attributes):
    """One step of the path."""
    return Edge(label=label, fontname="DejaVu Sans", fontsize="19", penwidth="2.2", color="#37475a", **attributes)


def data(label="", **attributes):
    """Something read or written on the way."""
    return Edge(label=label, fontname="DejaVu Sans", fontsize="19", style="dashed", color="#6b7a8c", **attributes)

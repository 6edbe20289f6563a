"""`wandb.data_types`: the classes of media under the name of one module."""

from wanllmdb.media.boxes import BoundingBoxes2D
from wanllmdb.media.document import Bokeh, Graph, Html, Plotly
from wanllmdb.media.histogram import Histogram
from wanllmdb.media.image import Classes, Image
from wanllmdb.media.joined import JoinedTable
from wanllmdb.media.masks import ImageMask
from wanllmdb.media.media import WBValue
from wanllmdb.media.recording import Audio, Video
from wanllmdb.media.scene import Molecule, Object3D, box3d
from wanllmdb.media.table import EvalTable, Table

__all__ = [
    "Audio",
    "Bokeh",
    "BoundingBoxes2D",
    "Classes",
    "EvalTable",
    "Graph",
    "Histogram",
    "Html",
    "Image",
    "ImageMask",
    "JoinedTable",
    "Molecule",
    "Object3D",
    "Plotly",
    "Table",
    "Video",
    "WBValue",
    "box3d",
]

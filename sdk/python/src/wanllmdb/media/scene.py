"""Scenes: things in space: points, meshes, boxes, molecules."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Final

from wanllmdb.guard import MISUSE, guarded
from wanllmdb.media.given import checked_path, content_of, is_file, is_path, suffix_of_file
from wanllmdb.media.media import FileMedium, captions
from wanllmdb.media.pixels import as_numpy
from wanllmdb.media.shelf import Content
from wanllmdb.values import is_array, text

_MESHES: Final = (".obj", ".gltf", ".glb", ".babylon", ".stl", ".pts.json")
_MOLECULES: Final = (
    *(".pdb", ".pqr", ".mmcif", ".mcif", ".cif"),
    *(".sdf", ".sd", ".gro", ".mol2", ".mmtf"),
)
_POINTS: Final = frozenset({3, 4, 6})  # numbers of a point


class Object3D(FileMedium):
    """A thing in space: `log({"cloud": Object3D(points)})`.

    Args:
        data_or_path: points, an array of `x, y, z`, and of a category from 1 to 14 or of red,
            green and blue if there is more; or a scene, `{"type": "lidar/beta", "points": …,
            "boxes": …, "vectors": …}`; or the path of a file, or an open file.
        caption: shown with it.
        file_type: of an open file that has no name.

    Raises:
        ValueError, TypeError: it is none of these.
        OSError: the file cannot be read.
    """

    SUPPORTED_TYPES: Final = frozenset(each[1:] for each in _MESHES)
    _log_type = "object3D-file"
    _folder = "object3D"

    @guarded(raises=MISUSE)
    def __init__(
        self, data_or_path: Any, caption: str | None = None, file_type: str | None = None, **_: Any
    ) -> None:
        if isinstance(data_or_path, (str, PathLike)):
            path = checked_path(data_or_path, _MESHES, "A thing in space")
            suffix = next(each for each in _MESHES if path.name.lower().endswith(each))
            self._hold(path, suffix, caption=caption)
        elif is_file(data_or_path):
            suffix = _suffix(data_or_path, file_type, _MESHES, "A thing in space")
            self._hold(content_of(data_or_path), suffix, caption=caption)
        else:
            scene, count, lost = _scene(data_or_path)
            content = json.dumps(scene, allow_nan=False, separators=(",", ":")).encode()
            facts = {"count": count, "not_finite": lost or None}
            self._hold(content, ".pts.json", caption=caption, **facts)

    @classmethod
    def from_file(cls, data_or_path: Any, file_type: str | None = None) -> Object3D:
        """A thing in a file."""
        return cls(data_or_path, file_type=file_type)

    @classmethod
    def from_numpy(cls, data: Any) -> Object3D:
        """A cloud of points."""
        return cls(data)

    @classmethod
    def from_point_cloud(
        cls,
        points: Any,
        boxes: Sequence[Mapping[str, Any]],
        vectors: Sequence[Mapping[str, Any]] | None = None,
        point_cloud_type: str = "lidar/beta",
    ) -> Object3D:
        """Points with boxes around some of them, and vectors."""
        scene = {"type": point_cloud_type, "points": points, "boxes": boxes}
        return cls(scene | {"vectors": vectors or []})

    @classmethod
    def together(cls, media: Sequence[Any], said: Sequence[dict[str, Any]]) -> dict[str, Any]:
        return {
            "_type": "object3D",
            "count": len(said),
            "filenames": [each["path"].rpartition("/")[2] for each in said],
            "objects": list(said),
            **captions(media, empty=""),
        }


def _scene(data: Any) -> tuple[Any, int, int]:
    """What stands in the file, how many points it has, and how many were left out."""
    if not isinstance(data, Mapping):
        points, lost = _points(data)
        return points, len(points), lost
    if data.get("type") != "lidar/beta":
        raise ValueError('A scene is a mapping with "type": "lidar/beta".')
    given = data.get("points")
    points, lost = _points(given) if given is not None and len(given) else ([], 0)
    scene = {"type": "lidar/beta", "vectors": _plain(data.get("vectors", ())), "points": points}
    return scene | {"boxes": [_box(each) for each in data.get("boxes", ())]}, len(points), lost


def _points(data: Any) -> tuple[list[list[Any]], int]:
    import numpy

    array = as_numpy(data)
    if array.ndim != 2 or array.shape[1] not in _POINTS or array.dtype.kind not in "biuf":
        raise ValueError(f"Points are an array of n × 3, 4 or 6 numbers, not {array.shape}.")
    if array.dtype.kind != "f":
        return array.tolist(), 0
    finite = numpy.isfinite(array).all(axis=1)
    return array[finite].tolist(), int((~finite).sum())


def _box(box: Any) -> dict[str, Any]:
    found = _plain(box)
    if not isinstance(found, dict) or len(found.get("corners", ())) != 8:
        raise ValueError('A box of a scene is a mapping with 8 "corners".')
    return found


def _plain(value: Any) -> Any:
    """The value as strict JSON has it: numbers, text, lists and mappings, and nothing else."""
    if is_array(value):
        return _plain(as_numpy(value).tolist())
    if isinstance(value, Mapping):
        return {text(str(name)): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("A scene has finite numbers.")
    if value is None or isinstance(value, (int, float)):
        return value
    if isinstance(value, str):
        return text(value)
    raise TypeError(f"A scene has no {type(value).__name__}.")


def box3d(
    *,
    center: Any,
    size: Any,
    orientation: Any,
    color: Any,
    label: str | None = None,
    score: float | None = None,
) -> dict[str, Any]:
    """A box of a scene.

    Args:
        center: x, y, z.
        size: along x, y and z, before it is turned.
        orientation: how it is turned: a quaternion w, x, y, z.
        color: red, green, blue, 0 to 255.
        label: shown with it.
        score: how sure somebody is of it.
    """
    middle, lengths = _numbers("center", center, 3), _numbers("size", size, 3)
    rotation = _rotation(*_numbers("orientation", orientation, 4))
    corners = [
        [sum(r * h * s for r, h, s in zip(row, lengths, signs, strict=True)) / 2 + m
         for row, m in zip(rotation, middle, strict=True)]
        for signs in ((x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1))
    ]  # fmt: skip
    found: dict[str, Any] = {"corners": corners, "color": _numbers("color", color, 3)}
    if label is not None:
        found["label"] = label
    if score is not None:
        found["score"] = score
    return found


def _numbers(name: str, given: Any, count: int) -> list[float]:
    found = [each.item() if hasattr(each, "item") else each for each in given]
    if len(found) != count:
        raise ValueError(f"{name} has {count} numbers, not {len(found)}.")
    return found


def _rotation(w: float, x: float, y: float, z: float) -> list[list[float]]:
    """The matrix of a quaternion, whatever its length."""
    length = w * w + x * x + y * y + z * z
    if not length:
        raise ValueError("The orientation of a box is not the quaternion 0.")
    s = 2 / length
    return [
        [1 - s * (y * y + z * z), s * (x * y - z * w), s * (x * z + y * w)],
        [s * (x * y + z * w), 1 - s * (x * x + z * z), s * (y * z - x * w)],
        [s * (x * z - y * w), s * (y * z + x * w), 1 - s * (x * x + y * y)],
    ]


class Molecule(FileMedium):
    """A molecule of a row: `log({"drug": Molecule("aspirin.pdb")})`.

    Args:
        data_or_path: the path of a file, an open file, or the text of one.
        caption: shown with it.
        file_type: of an open file that has no name, and of a text: "pdb", "sdf", "mol2" ….

    Raises:
        ValueError: it is none of these, or of no type that is known.
        OSError: the file cannot be read.
    """

    SUPPORTED_TYPES: Final = frozenset(each[1:] for each in _MOLECULES)
    _log_type = "molecule-file"
    _folder = "molecule"

    @guarded(raises=MISUSE)
    def __init__(
        self, data_or_path: Any, caption: str | None = None, file_type: str | None = None, **_: Any
    ) -> None:
        content: Content
        if is_file(data_or_path):
            suffix = _suffix(data_or_path, file_type, _MOLECULES, "A molecule")
            content = content_of(data_or_path)
        elif file_type is not None and not is_path(data_or_path):
            suffix = _suffix(None, file_type, _MOLECULES, "A molecule")
            content = text(str(data_or_path)).encode()
        elif isinstance(data_or_path, (str, PathLike)):
            content = checked_path(data_or_path, _MOLECULES, "A molecule")
            suffix = content.suffix.lower()
        else:
            kind = type(data_or_path).__name__
            raise ValueError(f"A molecule is a path, a file or a text, not a {kind}.")
        self._hold(content, suffix, caption=caption)

    @classmethod
    def from_rdkit(
        cls,
        data_or_path: Any,
        caption: str | None = None,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
    ) -> Molecule:
        """A molecule of RDKit, or of the path of a `.mol` or `.sdf` file that it reads.

        Raises:
            ImportError: RDKit is not there.
            ValueError: RDKit cannot read it.
        """
        from wanllmdb.media import chemistry

        found = chemistry.opened(data_or_path)
        rounds = mmff_optimize_molecule_max_iterations if convert_to_3d_and_optimize else None
        return cls(chemistry.pdb_of(found, rounds), caption=caption, file_type="pdb")

    @classmethod
    def from_smiles(
        cls,
        data: str,
        caption: str | None = None,
        sanitize: bool = True,
        convert_to_3d_and_optimize: bool = True,
        mmff_optimize_molecule_max_iterations: int = 200,
    ) -> Molecule:
        """A molecule of a SMILES text.

        Raises:
            ImportError: RDKit is not there.
            ValueError: RDKit cannot read it.
        """
        from wanllmdb.media import chemistry

        found = chemistry.of_smiles(data, sanitize=sanitize)
        rounds = mmff_optimize_molecule_max_iterations if convert_to_3d_and_optimize else None
        return cls(chemistry.pdb_of(found, rounds), caption=caption, file_type="pdb")

    @classmethod
    def together(cls, media: Sequence[Any], said: Sequence[dict[str, Any]]) -> dict[str, Any]:
        found = {"_type": "molecule", "count": len(said)}
        return found | {"filenames": [each["path"] for each in said], **captions(media, empty="")}


def _suffix(file: Any, file_type: str | None, known: Sequence[str], what: str) -> str:
    """What a file goes by: what was said, or its name."""
    suffix = f".{file_type.lower().lstrip('.')}" if file_type else suffix_of_file(file)
    if suffix not in known:
        words = ", ".join(each[1:] for each in known)
        raise ValueError(f"{what} is of the type {words}; file_type= says which.")
    return suffix

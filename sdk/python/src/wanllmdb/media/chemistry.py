"""Chemistry: what RDKit knows of molecules, where it is installed."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any


def opened(data_or_path: Any) -> Any:
    """A molecule of RDKit, from one or from the path of a file that RDKit reads."""
    chem = _rdkit()
    if not isinstance(data_or_path, (str, PathLike)):
        return data_or_path
    path = Path(data_or_path)
    readers = {".mol": chem.MolFromMolFile, ".sdf": chem.MolFromMolFile}
    readers |= {".pdb": chem.MolFromPDBFile, ".mol2": chem.MolFromMol2File}
    read = readers.get(path.suffix.lower())
    if read is None:
        raise ValueError(f"RDKit reads {', '.join(readers)}, not {path.name}.")
    return _known(read(str(path)), path.name)


def of_smiles(smiles: str, *, sanitize: bool) -> Any:
    """A molecule of a SMILES text."""
    return _known(_rdkit().MolFromSmiles(smiles, sanitize=sanitize), smiles)


def pdb_of(molecule: Any, rounds: int | None) -> str:
    """A molecule as PDB; laid out in space in so many rounds, if any are asked for."""
    chem = _rdkit()
    if rounds is not None:
        from rdkit.Chem import AllChem  # pyright: ignore[reportMissingImports]

        molecule = chem.AddHs(molecule)
        AllChem.EmbedMolecule(molecule)
        AllChem.MMFFOptimizeMolecule(molecule, maxIters=rounds)
    return chem.MolToPDBBlock(molecule)


def _rdkit() -> Any:
    try:
        from rdkit import Chem  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise ImportError("This needs RDKit: pip install rdkit") from None
    return Chem


def _known(molecule: Any, what: str) -> Any:
    if molecule is None:
        raise ValueError(f"RDKit cannot read {what!r:.80}.")
    return molecule

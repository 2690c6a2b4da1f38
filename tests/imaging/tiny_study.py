"""Studies small enough for tests: seven oblique sequences of a bright ball at a known place in the patient."""

import hashlib
import io
import zipfile

import numpy as np
import SimpleITK
from dicom_files import image, write

from readerstudy.imaging.geometry import Grid, to_image
from readerstudy.imaging.prepare import Request, Use
from readerstudy.imaging.recipe import Recipe

CENTRE = np.array([-12.0, 21.0, 33.0])
"""Of the first lesion, LPS in mm."""
RADIUS = 9.0
SEQUENCES = ("T2", "DWI", "ADC", "T1", "LAP", "PVP", "DP")
UNENHANCED = ("T2", "DWI", "T1")
FLAT = Recipe(name="flat", spacing=(2.0, 2.0, 5.0), margin_mm=(8, 8, 5))
CUBE = Recipe(name="cube", spacing=(3.0, 3.0, 3.0), margin_mm=(9, 9, 9), image_interpolation="nearest")
RECIPES = {"flat": FLAT, "cube": CUBE}
USES = (Use("card-f", "flat", UNENHANCED), Use("card-c", "cube", SEQUENCES))


def grid(sequence):
    """The grid of a sequence: each has its own spacing, origin and tilt."""
    k = SEQUENCES.index(sequence)
    turn = SimpleITK.Euler3DTransform()
    turn.SetRotation(0.05 * k, -0.12 + 0.04 * k, 0.08 * k)
    axes = np.array(turn.GetMatrix()).reshape(3, 3)
    size, spacing = (32, 30, 9), (2.0 + 0.1 * k, 2.0 + 0.1 * k, 5.0 + 0.3 * k)
    middle = CENTRE + np.array([3.0 - k, 2.0, -1.5])
    origin = middle - axes @ ((np.array(size) - 1) / 2 * spacing)
    return Grid(size=size, spacing=spacing, origin=tuple(origin), direction=tuple(axes.ravel()))


def centre(lesion):
    """Of a lesion, LPS in mm."""
    return CENTRE if lesion == 1 else CENTRE + np.array([17.0, -15.0, 9.0])


def inside(where, lesion=1, radius=RADIUS):
    """(z, y, x): whether the centres of a grid's voxels lie in a lesion."""
    x, y, z = where.size
    indices = np.stack(np.meshgrid(np.arange(z), np.arange(y), np.arange(x), indexing="ij"), axis=-1)[..., ::-1]
    points = where.points(indices.reshape(-1, 3))
    return (np.linalg.norm(points - centre(lesion), axis=1) <= radius).reshape(z, y, x)


def voxels(sequence, lesions=1, seed=0):
    """The values of a sequence: noise, and the lesions bright."""
    where = grid(sequence)
    values = np.random.default_rng([seed, SEQUENCES.index(sequence)]).integers(80, 120, where.size[::-1])
    for lesion in range(1, lesions + 1):
        values[inside(where, lesion)] += 500
    return values


def roi(lesions=1, sequence="T2"):
    """The labels of the lesions on a sequence."""
    where = grid(sequence)
    labels = np.zeros(where.size[::-1], np.uint8)
    for lesion in range(1, lesions + 1):
        labels[inside(where, lesion)] = lesion
    return to_image(labels, where)


def dicom(folder, patient, *, sequences=SEQUENCES, lesions=1, edit=None):
    """Write a patient's series as DICOM; `edit` changes each dataset before."""
    seed = int(hashlib.sha256(patient.encode()).hexdigest()[:6], 16)
    study = f"1.2.3.{seed}"
    for number, sequence in enumerate(sequences, 1):
        where, values = grid(sequence), voxels(sequence, lesions, seed)
        for k, plane in enumerate(values):
            dataset = image(
                study=study, series=f"{study}.{number}", instance=f"{study}.{number}.{k + 1}", PatientID=patient,
                SeriesNumber=number, SeriesDescription=sequence, Rows=plane.shape[0], Columns=plane.shape[1],
                ImagePositionPatient=[f"{value:.9f}" for value in where.points([(0, 0, k)])[0]],
                ImageOrientationPatient=[f"{value:.9f}" for value in (*where.axes[:, 0], *where.axes[:, 1])],
                PixelSpacing=[where.spacing[1], where.spacing[0]], PixelData=plane.astype("<u2").tobytes(),
            )  # fmt: skip
            if edit:
                edit(dataset)
            write(dataset, folder / patient / f"S{number}" / f"I{k}.dcm")


def nifti(folder, patient, *, sequences=SEQUENCES, lesions=1):
    """Write a patient's series as NIfTI."""
    (folder / patient).mkdir(parents=True)
    for sequence in sequences:
        array = voxels(sequence, lesions).astype(np.float32)
        SimpleITK.WriteImage(to_image(array, grid(sequence)), str(folder / patient / f"{sequence}.nii.gz"))


def save_roi(path, lesions=1, sequence="T2", shift=(0.0, 0.0, 0.0)):
    mask = roi(lesions, sequence)
    mask.SetOrigin([a + b for a, b in zip(mask.GetOrigin(), shift, strict=True)])
    path.parent.mkdir(parents=True, exist_ok=True)
    SimpleITK.WriteImage(mask, str(path))


def request(folder, **options):
    """Prepare `folder`/in with the small recipes."""
    return Request(
        **{
            "folder": folder / "in", "out": folder / "store", "key": folder / "key", "recipes": RECIPES, "uses": USES,
            **options,
        }
    )  # fmt: skip


def content(folder):
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unpacked(name, data):
    """What is in a file, packed or not: what it is called, its bytes, and those of its members."""
    yield name.encode()
    yield data
    if name.endswith(".npz"):
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            for member in file.namelist():
                yield member.encode()
                yield file.read(member)

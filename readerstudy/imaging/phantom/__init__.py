"""A digital phantom of the liver: multi-sequence MRI studies as DICOM, with lesions whose place and nature are known.

No liver MRI may be shipped, so the work from images to predictions is tried on computed ones. What a lesion does on a
sequence follows from its tissues by the signal equations; grids, positions, noise and vocabulary vary as on scanners.
It is a test bench and never evidence of clinical performance: every file says that it is a phantom's.
"""

from readerstudy.imaging.phantom.dicom import is_phantom
from readerstudy.imaging.phantom.lesions import CLASSES
from readerstudy.imaging.phantom.write import Settings, write

__all__ = ["CLASSES", "Settings", "is_phantom", "write"]

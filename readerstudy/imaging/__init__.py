"""From a folder of images to a de-identified store of cases: sequences recognised, lesions carried, grids made equal.

Physical coordinates are LPS millimetres, as in DICOM and SimpleITK; arrays of volumes are (z, y, x). `recipe`, `crops`
and `store` need NumPy alone, so that a prepared store can be used where SimpleITK and pydicom are not installed.
"""

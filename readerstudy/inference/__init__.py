"""From prepared images to rows of preds.csv: the two papers' models as cards, networks, training and prediction.

A card (`card.py`, ``models/<name>/model.toml``) is all that makes a model; `networks.build` makes its network,
`weights.py` fills it from safetensors, and only preds.csv leads from here to the statistics. Importing this package
loads no torch; it is loaded by the modules that need it. It comes with ``pip install "readerstudy[models]"``.
"""

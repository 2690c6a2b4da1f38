"""The papers' networks. `build` makes the one that a card describes; torch is loaded when it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from readerstudy.inference.card import Card, InceptionResNet

if TYPE_CHECKING:
    from readerstudy.inference.networks.inception_resnet_v2 import InceptionResNetV2
    from readerstudy.inference.networks.resnet3d import SevenStreamResNet


def build(card: Card, n_clinical: int = 0) -> InceptionResNetV2 | SevenStreamResNet:
    """The network of a card, with random weights from torch's global generator.

    Parameters
    ----------
    card
        Its sections `input`, `tasks` and `network` say what is built.
    n_clinical
        Length of the encoded clinical data (`len(clinical.Clinical.names)`); 0 for a card without.

    Returns
    -------
    A module whose `forward` gives for each task the logits, shape (B, classes), and whose `features` gives what the
    last layer sees, shape (B, d). A network of slices takes images (B, S, H, W) and the clinical data (B, K) or None, a
    network of volumes (B, S, 2, D, H, W).

    Raises
    ------
    ValueError
        If the card has clinical data and `n_clinical` is 0, or the other way round.
    """
    if (card.clinical is None) != (n_clinical == 0):
        what = "has no clinical data" if card.clinical is None else "needs clinical data"
        raise ValueError(f"the card {card.name} {what}, and {n_clinical} clinical inputs are given")
    if isinstance(card.network, InceptionResNet):
        from readerstudy.inference.networks.inception_resnet_v2 import InceptionResNetV2

        (task,) = card.tasks
        return InceptionResNetV2(
            n_channels=len(card.input.sequences),
            n_classes=len(task.classes),
            task=task.name,
            hidden_dim=card.network.hidden_dim,
            n_clinical=n_clinical,
            width=card.network.width,
            dropout=card.network.dropout,
        )
    from readerstudy.inference.networks.resnet3d import SevenStreamResNet

    return SevenStreamResNet(
        sequences=card.input.sequences,
        classes={task.name: len(task.classes) for task in card.tasks},
        heads=card.network.heads,
        width=card.network.width,
        stem_stride=card.network.stem_stride,
        dropout=card.network.dropout,
    )

"""Inception-ResNet-V2 for any number of sequences, with a hidden layer and clinical data beside the images.

The network of Szegedy C, Ioffe S, Vanhoucke V, Alemi A. Inception-v4, Inception-ResNet and the impact of residual
connections on learning. AAAI 2017;31. doi:10.1609/aaai.v31i1.11231, in the form of the published TensorFlow weights.
Names and shapes in the state dict are those of the PyTorch package timm, so that public ImageNet weights load.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from readerstudy.inference.networks.width import channels

Widths = Callable[[int], int]
"""From the published number of channels to that of a network of another width."""


class ConvNormAct(nn.Module):
    """Convolution without bias, batch normalisation and ReLU; `kernel` is (rows, columns)."""

    def __init__(
        self,
        n_in: int,
        n_out: int,
        kernel: int | tuple[int, int],
        *,
        stride: int = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(n_in, n_out, kernel, stride=stride, padding=padding, bias=False)
        self.bn = nn.BatchNorm2d(n_out, eps=1e-3)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """The activation, (B, n_out, H', W')."""
        out: Tensor = self.act(self.bn(self.conv(x)))
        return out


class Mixed5b(nn.Module):
    """The first Inception block: four branches side by side."""

    def __init__(self, n_in: int, c: Widths) -> None:
        super().__init__()
        self.branch0 = ConvNormAct(n_in, c(96), 1)
        self.branch1 = nn.Sequential(ConvNormAct(n_in, c(48), 1), ConvNormAct(c(48), c(64), 5, padding=2))
        self.branch2 = nn.Sequential(
            ConvNormAct(n_in, c(64), 1),
            ConvNormAct(c(64), c(96), 3, padding=1),
            ConvNormAct(c(96), c(96), 3, padding=1),
        )
        self.branch3 = nn.Sequential(
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False), ConvNormAct(n_in, c(64), 1)
        )
        self.n_out = c(96) + c(64) + c(96) + c(64)

    def forward(self, x: Tensor) -> Tensor:
        """The branches' activations, one after the other."""
        return torch.cat((self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)), dim=1)


class Block35(nn.Module):
    """Residual Inception block of the 35 x 35 grid."""

    def __init__(self, n: int, c: Widths, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.branch0 = ConvNormAct(n, c(32), 1)
        self.branch1 = nn.Sequential(ConvNormAct(n, c(32), 1), ConvNormAct(c(32), c(32), 3, padding=1))
        self.branch2 = nn.Sequential(
            ConvNormAct(n, c(32), 1),
            ConvNormAct(c(32), c(48), 3, padding=1),
            ConvNormAct(c(48), c(64), 3, padding=1),
        )
        self.conv2d = nn.Conv2d(c(32) + c(32) + c(64), n, 1)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """The input plus the scaled residual, rectified."""
        residual = self.conv2d(torch.cat((self.branch0(x), self.branch1(x), self.branch2(x)), dim=1))
        out: Tensor = self.act(x + self.scale * residual)
        return out


class Mixed6a(nn.Module):
    """Reduction from the 35 x 35 to the 17 x 17 grid."""

    def __init__(self, n_in: int, c: Widths) -> None:
        super().__init__()
        self.branch0 = ConvNormAct(n_in, c(384), 3, stride=2)
        self.branch1 = nn.Sequential(
            ConvNormAct(n_in, c(256), 1),
            ConvNormAct(c(256), c(256), 3, padding=1),
            ConvNormAct(c(256), c(384), 3, stride=2),
        )
        self.branch2 = nn.MaxPool2d(3, stride=2)
        self.n_out = 2 * c(384) + n_in

    def forward(self, x: Tensor) -> Tensor:
        """The branches' activations, one after the other."""
        return torch.cat((self.branch0(x), self.branch1(x), self.branch2(x)), dim=1)


class Block17(nn.Module):
    """Residual Inception block of the 17 x 17 grid."""

    def __init__(self, n: int, c: Widths, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.branch0 = ConvNormAct(n, c(192), 1)
        self.branch1 = nn.Sequential(
            ConvNormAct(n, c(128), 1),
            ConvNormAct(c(128), c(160), (1, 7), padding=(0, 3)),
            ConvNormAct(c(160), c(192), (7, 1), padding=(3, 0)),
        )
        self.conv2d = nn.Conv2d(2 * c(192), n, 1)
        self.act = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """The input plus the scaled residual, rectified."""
        residual = self.conv2d(torch.cat((self.branch0(x), self.branch1(x)), dim=1))
        out: Tensor = self.act(x + self.scale * residual)
        return out


class Mixed7a(nn.Module):
    """Reduction from the 17 x 17 to the 8 x 8 grid."""

    def __init__(self, n_in: int, c: Widths) -> None:
        super().__init__()
        self.branch0 = nn.Sequential(ConvNormAct(n_in, c(256), 1), ConvNormAct(c(256), c(384), 3, stride=2))
        self.branch1 = nn.Sequential(ConvNormAct(n_in, c(256), 1), ConvNormAct(c(256), c(288), 3, stride=2))
        self.branch2 = nn.Sequential(
            ConvNormAct(n_in, c(256), 1),
            ConvNormAct(c(256), c(288), 3, padding=1),
            ConvNormAct(c(288), c(320), 3, stride=2),
        )
        self.branch3 = nn.MaxPool2d(3, stride=2)
        self.n_out = c(384) + c(288) + c(320) + n_in

    def forward(self, x: Tensor) -> Tensor:
        """The branches' activations, one after the other."""
        return torch.cat((self.branch0(x), self.branch1(x), self.branch2(x), self.branch3(x)), dim=1)


class Block8(nn.Module):
    """Residual Inception block of the 8 x 8 grid; the last of them has no ReLU."""

    def __init__(self, n: int, c: Widths, scale: float, *, last: bool = False) -> None:
        super().__init__()
        self.scale = scale
        self.branch0 = ConvNormAct(n, c(192), 1)
        self.branch1 = nn.Sequential(
            ConvNormAct(n, c(192), 1),
            ConvNormAct(c(192), c(224), (1, 3), padding=(0, 1)),
            ConvNormAct(c(224), c(256), (3, 1), padding=(1, 0)),
        )
        self.conv2d = nn.Conv2d(c(192) + c(256), n, 1)
        self.act = nn.Identity() if last else nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """The input plus the scaled residual, rectified but for the last block."""
        residual = self.conv2d(torch.cat((self.branch0(x), self.branch1(x)), dim=1))
        out: Tensor = self.act(x + self.scale * residual)
        return out


class InceptionResNetV2(nn.Module):
    """Inception-ResNet-V2 with a hidden layer that joins image and clinical features.

    The pooled image features and the encoded clinical data are concatenated, go through a fully connected hidden
    layer with ReLU, and then to the classes. Zhen 2020 (doi:10.3389/fonc.2020.00680) gives both to "the fully connected
    layer"; that its t-SNE of the last hidden layer separates the classes better with clinical data shows that they are
    joined before that layer. Without hidden layer and clinical data this is the plain network.

    Parameters
    ----------
    n_channels, n_classes
        Sequences of an image group, classes of the task.
    task
        Name of the task in the result of `forward`.
    hidden_dim
        Units of the hidden layer, 0 for none.
    n_clinical
        Length of the encoded clinical data, 0 for none.
    width
        Factor of the channel counts of all convolutions.
    dropout
        Share of the pooled features and the clinical data dropped in training.
    """

    def __init__(
        self,
        *,
        n_channels: int = 3,
        n_classes: int = 1000,
        task: str = "class",
        hidden_dim: int = 0,
        n_clinical: int = 0,
        width: float = 1.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        c = partial(channels, width=width)
        self.task, self.n_clinical = task, n_clinical
        self.conv2d_1a = ConvNormAct(n_channels, c(32), 3, stride=2)
        self.conv2d_2a = ConvNormAct(c(32), c(32), 3)
        self.conv2d_2b = ConvNormAct(c(32), c(64), 3, padding=1)
        self.maxpool_3a = nn.MaxPool2d(3, stride=2)
        self.conv2d_3b = ConvNormAct(c(64), c(80), 1)
        self.conv2d_4a = ConvNormAct(c(80), c(192), 3)
        self.maxpool_5a = nn.MaxPool2d(3, stride=2)
        self.mixed_5b = Mixed5b(c(192), c)
        n = self.mixed_5b.n_out
        self.repeat = nn.Sequential(*(Block35(n, c, 0.17) for _ in range(10)))
        self.mixed_6a = Mixed6a(n, c)
        n = self.mixed_6a.n_out
        self.repeat_1 = nn.Sequential(*(Block17(n, c, 0.10) for _ in range(20)))
        self.mixed_7a = Mixed7a(n, c)
        n = self.mixed_7a.n_out
        self.repeat_2 = nn.Sequential(*(Block8(n, c, 0.20) for _ in range(9)))
        self.block8 = Block8(n, c, 1.0, last=True)
        self.conv2d_7b = ConvNormAct(n, c(1536), 1)
        self.drop = nn.Dropout(dropout)
        n = c(1536) + n_clinical
        self.hidden = nn.Sequential(nn.Linear(n, hidden_dim), nn.ReLU()) if hidden_dim else nn.Identity()
        self.classif = nn.Linear(hidden_dim or n, n_classes)

    def maps(self, images: Tensor) -> Tensor:
        """The last feature maps, (B, 1536, 8, 8) for images (B, S, 299, 299) at width 1."""
        x = self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(images)))
        x = self.conv2d_4a(self.conv2d_3b(self.maxpool_3a(x)))
        x = self.repeat(self.mixed_5b(self.maxpool_5a(x)))
        x = self.repeat_1(self.mixed_6a(x))
        x = self.block8(self.repeat_2(self.mixed_7a(x)))
        out: Tensor = self.conv2d_7b(x)
        return out

    def features(self, images: Tensor, clinical: Tensor | None = None) -> Tensor:
        """What the last layer sees: the hidden layer, or without one the pooled features and the clinical data.

        Parameters
        ----------
        images
            Shape (B, S, H, W), intensities in [0, 1]; at least 75 pixels a side.
        clinical
            Shape (B, K), as `clinical.Clinical.vector` makes it; None for a network without.

        Raises
        ------
        ValueError
            If the clinical data are not those that the network was built for.
        """
        given = 0 if clinical is None else clinical.shape[1]
        if given != self.n_clinical:
            raise ValueError(f"the network takes {self.n_clinical} clinical inputs, not {given}")
        pooled = self.maps(images).mean(dim=(2, 3))
        joined = pooled if clinical is None else torch.cat((pooled, clinical.to(pooled.dtype)), dim=1)
        out: Tensor = self.hidden(self.drop(joined))
        return out

    def forward(self, images: Tensor, clinical: Tensor | None = None) -> dict[str, Tensor]:
        """Logits of the classes, (B, n_classes), under the task's name; parameters as in `features`."""
        return {self.task: self.classif(self.features(images, clinical))}

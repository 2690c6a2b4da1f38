"""Papers on saliency maps: how they are made, and how they are held against a lesion."""

from __future__ import annotations

SALIENCY: dict[str, tuple[str, str]] = {
    "zhen": (
        "Zhen SH, Cheng M, Tao YB, et al. Deep learning for accurate diagnosis of liver tumor based on magnetic "
        "resonance imaging and clinical data. Frontiers in Oncology 2020;10:680.",
        "10.3389/fonc.2020.00680",
    ),
    "wang": (
        "Wang SH, Han XJ, Du J, et al. Saliency-based 3D convolutional neural network for "
        "categorising common focal liver lesions on multisequence MRI. Insights into Imaging 2021;12:173.",
        "10.1186/s13244-021-01117-z",
    ),
    "simonyan": (
        "Simonyan K, Vedaldi A, Zisserman A. Deep inside convolutional networks: visualising image classification "
        "models and saliency maps. arXiv 2013;1312.6034.",
        "10.48550/arXiv.1312.6034",
    ),
    "jiang": (
        "Jiang PT, Zhang CB, Hou Q, Cheng MM, Wei Y. LayerCAM: exploring hierarchical class activation maps for "
        "localization. IEEE Transactions on Image Processing 2021;30:5875–5888.",
        "10.1109/TIP.2021.3089943",
    ),
    "selvaraju": (
        "Selvaraju RR, Cogswell M, Das A, Vedantam R, Parikh D, Batra D. Grad-CAM: visual explanations from deep "
        "networks via gradient-based localization. International Journal of Computer Vision 2020;128(2):336–359.",
        "10.1007/s11263-019-01228-7",
    ),
    "zeiler": (
        "Zeiler MD, Fergus R. Visualizing and understanding convolutional networks. In: Computer Vision – ECCV 2014. "
        "Springer 2014:818–833.",
        "10.1007/978-3-319-10590-1_53",
    ),
    "score-cam": (
        "Wang H, Wang Z, Du M, et al. Score-CAM: score-weighted visual explanations for "
        "convolutional neural networks. IEEE/CVF Conference on Computer Vision and Pattern Recognition Workshops "
        "2020:111–119.",
        "10.1109/CVPRW50498.2020.00020",
    ),
    "excitation": (
        "Zhang J, Bargal SA, Lin Z, Brandt J, Shen X, Sclaroff S. Top-down neural attention by excitation backprop. "
        "International Journal of Computer Vision 2018;126(10):1084–1102.",
        "10.1007/s11263-017-1059-x",
    ),
}

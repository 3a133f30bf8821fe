"""Networks: modules, layers, initialisers and losses, all composed of ops.

==============================  ==============================================================
put layers in a row             ``tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.ReLU())``
define a network of your own    ``tg.nn.Module``: attributes, and ``forward``
keep a list or dict of modules  ``tg.nn.ModuleList([layer])``, ``tg.nn.ModuleDict``
multiply by a weight matrix     ``tg.nn.Linear(3, 4)``
convolve and pool               ``tg.nn.Conv2d(4, 8, 3)``, ``tg.nn.MaxPool2d(2)``
make images larger              ``tg.nn.Upsample(scale=2)``, ``tg.nn.ConvTranspose2d(8, 4, 2, 2)``
come from images to rows        ``tg.nn.Flatten()``, ``tg.nn.GlobalAvgPool()``
normalise activations           ``tg.nn.BatchNorm(4)``, ``tg.nn.LayerNorm(4)``
drop out at random              ``tg.nn.Dropout(keep_prob=0.8)``
look up vectors of words        ``tg.nn.Embedding(10, 4)``
go along sequences              ``tg.nn.LSTM(2, 4)``, ``tg.nn.GRU(2, 4)``, ``tg.nn.RNN(2, 4)``
attend                          ``tg.nn.MultiHeadAttention(8, 2)``
build a transformer             ``tg.nn.TransformerEncoder(6, 8, 2)``
apply an activation             ``tg.nn.ReLU()``, or the function ``tg.relu(x)``
measure how wrong it is         ``tg.nn.losses.cross_entropy(logits, labels)``
choose where weights start      ``tg.nn.Linear(3, 4, init=tg.nn.init.glorot_uniform)``
keep weights small              ``tg.nn.l2_penalty(model, 0.1, m=4)``, ``tg.nn.max_norm``
see a model, its parameters     ``model.named_parameters()``, ``print(model)``
keep and restore weights        ``model.state_dict()``, ``model.load_state_dict(state)``
load what PyTorch trained       ``model.load_state_dict(state)``, by its names too
give weights to PyTorch         ``tg.nn.torch_state_dict(model)``
load Keras' or Flax' weights    ``tg.nn.load_foreign(model, state)``
switch off dropout              ``model.eval()``, and on again ``model.train()``
learn several tasks at once     ``tg.nn.MultiTask``, ``tg.nn.multitask_loss``
transfer what was learned       ``tg.nn.load_matching(model, state)``, ``tg.nn.freeze``
call it with other weights      ``tg.nn.functional_call``
see norms of each layer         ``tg.nn.Watch(model)``
==============================  ==============================================================

What comes in are tensors and arrays; what goes out are tensors, with the graph that ops recorded. A
layer is a :class:`Module`: tensors in its attributes, and ``forward``.

To be read in this order: ``module`` (attributes, paths, state, train and eval), ``linear`` (the
shortest layer with parameters), ``init``; then any layer by its file: ``convolution``,
``transposed_convolution``, ``padding``, ``patches``, ``pooling``, ``resampling``
(``place_products``), ``normalization``, ``dropout``, ``embedding``, ``embedding_bag``,
``recurrent``, ``attention``, ``activations``, ``prelu``, ``bilinear``, ``distance``; what combines
modules: ``containers``, ``multitask``; what is made of outputs: ``losses``; what changes or reads a
model: ``regularization``, ``reparametrization``, ``freeze``, ``transfer``, ``loading`` (weights of
other libraries) and ``stateless``. (:class:`Watch` is taken from the room that observes.) Small
parts: ``flatten``, ``identity``, ``contents``, ``forward_hooks``, ``module_table``,
``double_inputs``, ``forgotten_eval``, ``lost_parameters``, ``half_precision``, ``leaf_arrays``,
``message_place``, ``state_paths`` and ``vain_settings``.
"""

from typing import TYPE_CHECKING

from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.nn import init, losses
from tensorgraph.nn.activations import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Activation,
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Softshrink,
    Softsign,
    Tanh,
    Tanhshrink,
    Threshold,
)
from tensorgraph.nn.attention.multi_head import MultiHeadAttention
from tensorgraph.nn.attention.positions import (
    LearnedPositionalEncoding,
    SinusoidalPositionalEncoding,
)
from tensorgraph.nn.attention.scaled_dot_product import scaled_dot_product_attention
from tensorgraph.nn.attention.transformer import TransformerDecoder, TransformerEncoder
from tensorgraph.nn.attention.transformer_layers import (
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)
from tensorgraph.nn.bilinear import Bilinear
from tensorgraph.nn.containers import ModuleDict, ModuleList, Sequential
from tensorgraph.nn.convolution import Conv1d, Conv2d, Conv3d
from tensorgraph.nn.distance import (
    CosineSimilarity,
    PairwiseDistance,
    cosine_similarity,
    pairwise_distance,
)
from tensorgraph.nn.dropout import Dropout
from tensorgraph.nn.embedding import Embedding
from tensorgraph.nn.embedding_bag import EmbeddingBag
from tensorgraph.nn.flatten import Flatten
from tensorgraph.nn.forward_hooks import HookHandle
from tensorgraph.nn.freeze import freeze, unfreeze
from tensorgraph.nn.identity import Identity
from tensorgraph.nn.linear import Linear
from tensorgraph.nn.loading.foreign import load_foreign
from tensorgraph.nn.loading.report import LoadReport
from tensorgraph.nn.loading.torch_names import torch_state_dict
from tensorgraph.nn.module import Module
from tensorgraph.nn.multitask import MultiTask, multitask_loss, task_losses
from tensorgraph.nn.normalization.batch_norm import BatchNorm
from tensorgraph.nn.normalization.group_norm import GroupNorm, InstanceNorm
from tensorgraph.nn.normalization.layer_norm import LayerNorm, RMSNorm
from tensorgraph.nn.padding import CircularPad, ReflectionPad, ReplicationPad, ZeroPad
from tensorgraph.nn.patches import Fold, Unfold, fold, unfold
from tensorgraph.nn.pooling.of_shares import (
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    GlobalAvgPool,
    GlobalMaxPool,
)
from tensorgraph.nn.pooling.of_windows import (
    AvgPool1d,
    AvgPool2d,
    AvgPool3d,
    MaxPool1d,
    MaxPool2d,
    MaxPool3d,
)
from tensorgraph.nn.pooling.unpooling import MaxUnpool1d, MaxUnpool2d, MaxUnpool3d
from tensorgraph.nn.prelu import PReLU
from tensorgraph.nn.recurrent.cells import GRUCell, LSTMCell, RNNCell
from tensorgraph.nn.recurrent.layers import GRU, LSTM, RNN
from tensorgraph.nn.regularization import l1_penalty, l2_penalty, max_norm, weights
from tensorgraph.nn.reparametrization import SpectralNorm, WeightNorm
from tensorgraph.nn.resampling import (
    ChannelShuffle,
    PixelShuffle,
    PixelUnshuffle,
    Upsample,
    interpolate,
)
from tensorgraph.nn.stateless import functional_call
from tensorgraph.nn.transfer import (
    TransferAdvice,
    load_matching,
    replace_head,
    transfer_advice,
)
from tensorgraph.nn.transposed_convolution import (
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)
from tensorgraph.observe.watch import Watch

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "GRU",
    "LSTM",
    "RNN",
    "SELU",
    "Activation",
    "AdaptiveAvgPool",
    "AdaptiveMaxPool",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "BatchNorm",
    "Bilinear",
    "ChannelShuffle",
    "CircularPad",
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "CosineSimilarity",
    "Dropout",
    "Embedding",
    "EmbeddingBag",
    "Flatten",
    "Fold",
    "GRUCell",
    "GlobalAvgPool",
    "GlobalMaxPool",
    "GroupNorm",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "HookHandle",
    "Identity",
    "InstanceNorm",
    "LSTMCell",
    "LayerNorm",
    "LeakyReLU",
    "LearnedPositionalEncoding",
    "Linear",
    "LoadReport",
    "LogSigmoid",
    "LogSoftmax",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
    "Mish",
    "Module",
    "ModuleDict",
    "ModuleList",
    "MultiHeadAttention",
    "MultiTask",
    "PReLU",
    "PairwiseDistance",
    "PixelShuffle",
    "PixelUnshuffle",
    "RMSNorm",
    "RNNCell",
    "ReLU",
    "ReLU6",
    "ReflectionPad",
    "ReplicationPad",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "SinusoidalPositionalEncoding",
    "Softmax",
    "Softplus",
    "Softshrink",
    "Softsign",
    "SpectralNorm",
    "Tanh",
    "Tanhshrink",
    "Threshold",
    "TransferAdvice",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "Unfold",
    "Upsample",
    "Watch",
    "WeightNorm",
    "ZeroPad",
    "cosine_similarity",
    "fold",
    "freeze",
    "functional_call",
    "init",
    "interpolate",
    "l1_penalty",
    "l2_penalty",
    "load_foreign",
    "load_matching",
    "losses",
    "max_norm",
    "multitask_loss",
    "pairwise_distance",
    "replace_head",
    "scaled_dot_product_attention",
    "task_losses",
    "torch_state_dict",
    "transfer_advice",
    "unfold",
    "unfreeze",
    "weights",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)

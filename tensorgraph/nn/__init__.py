"""Networks: modules, layers, initialisers and losses, all composed of ops.

What comes in are tensors and arrays; what goes out are tensors, with the graph that ops recorded. A
layer is a :class:`Module`: tensors in its attributes, and ``forward``.

To be read in this order: ``module`` (attributes, paths, state, train and eval), ``linear`` (the
shortest layer with parameters), ``init``; then any layer by its file: ``convolution``, ``pooling``,
``normalization``, ``dropout``, ``embedding``, ``cells`` and ``recurrent``, ``attention``,
``activations``; what combines modules: ``containers``, ``multitask``; what is made of outputs:
``losses``; what changes or reads a whole model: ``regularization``, ``freeze``, ``transfer`` and
``stateless``. (:class:`Watch` is taken from the room that observes.) Small parts: ``flatten``,
``forgotten_eval``, ``lost_parameters``, ``half_precision``, ``message_place`` and ``state_paths``.
"""

from typing import TYPE_CHECKING

from tensorgraph.leads.attributes import module_hooks as _module_hooks
from tensorgraph.nn import init, losses
from tensorgraph.nn.activations import (
    ELU,
    GELU,
    Activation,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from tensorgraph.nn.attention import MultiHeadAttention, scaled_dot_product_attention
from tensorgraph.nn.cells import GRUCell, LSTMCell, RNNCell
from tensorgraph.nn.containers import ModuleDict, ModuleList, Sequential
from tensorgraph.nn.convolution import Conv1d, Conv2d
from tensorgraph.nn.dropout import Dropout
from tensorgraph.nn.embedding import Embedding
from tensorgraph.nn.flatten import Flatten
from tensorgraph.nn.freeze import freeze, unfreeze
from tensorgraph.nn.linear import Linear
from tensorgraph.nn.module import Module
from tensorgraph.nn.multitask import MultiTask, multitask_loss, task_losses
from tensorgraph.nn.normalization import BatchNorm, LayerNorm, RMSNorm
from tensorgraph.nn.pooling import (
    AvgPool1d,
    AvgPool2d,
    GlobalAvgPool,
    GlobalMaxPool,
    MaxPool1d,
    MaxPool2d,
)
from tensorgraph.nn.recurrent import GRU, LSTM, RNN
from tensorgraph.nn.regularization import l1_penalty, l2_penalty, max_norm, weights
from tensorgraph.nn.stateless import functional_call
from tensorgraph.nn.transfer import (
    LoadReport,
    TransferAdvice,
    load_matching,
    replace_head,
    transfer_advice,
)
from tensorgraph.observe.watch import Watch

__all__ = [
    "ELU", "GELU", "GRU", "LSTM", "RNN", "Activation", "AvgPool1d", "AvgPool2d", "BatchNorm",
    "Conv1d", "Conv2d", "Dropout", "Embedding", "Flatten", "GRUCell", "GlobalAvgPool",
    "GlobalMaxPool", "LSTMCell", "LayerNorm", "LeakyReLU", "Linear", "LoadReport", "LogSigmoid",
    "LogSoftmax", "MaxPool1d", "MaxPool2d", "Module", "ModuleDict", "ModuleList",
    "MultiHeadAttention", "MultiTask", "RMSNorm", "RNNCell", "ReLU", "Sequential", "SiLU",
    "Sigmoid", "Softmax", "Softplus", "Tanh", "TransferAdvice", "Watch", "freeze",
    "functional_call", "init", "l1_penalty", "l2_penalty", "load_matching", "losses", "max_norm",
    "multitask_loss", "replace_head", "scaled_dot_product_attention", "task_losses",
    "transfer_advice", "unfreeze", "weights",
]  # fmt: skip

if not TYPE_CHECKING:
    __getattr__, __dir__ = _module_hooks(__name__, __all__)

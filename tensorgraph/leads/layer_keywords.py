"""Keywords of layers."""

KEYWORDS = {
    "Linear": """
    kernel                     J   tg.nn.Linear(3, 4)
    """,
    "Dropout": """
    rate                       KJ  p=           tg.nn.Dropout(p=0.2)
    """,
    "BatchNorm": """
    momentum                   PKJ \
        tg.nn.BatchNorm(4, keep_old=0.9) # Keras' momentum, and 1 - momentum of PyTorch's
    scale,center,use_scale,use_bias,beta_initializer,gamma_initializer KJ \
        tg.nn.BatchNorm(4, affine=False) # both or neither
    """,
    "LayerNorm": """
    center,use_bias            KJ  bias=        tg.nn.LayerNorm(4, bias=False)
    scale,use_scale,beta_initializer,gamma_initializer KJ \
        tg.nn.LayerNorm(4, affine=False) # a scale stands without a shift, or neither
    """,
    "Conv2d": """
    data_format                K   # leave it out: images are (batch, channels, height, width) here
    """,
    "RNN": """
    nonlinearity               P   # an RNN has tanh; write a cell of your own for another
    recurrent_dropout          K   tg.nn.RNN(2, 4, num_layers=2, dropout=0.2) # between layers
    return_sequences,return_state K tg.nn.RNN(2, 4)(sequences) # (all outputs, last state)
    """,
    "LSTM": """
    proj_size                  P   proj_features= tg.nn.LSTM(2, 4, proj_features=3)
    recurrent_dropout          K   tg.nn.LSTM(2, 4, num_layers=2, dropout=0.2) # between layers
    return_sequences,return_state K tg.nn.LSTM(2, 4)(sequences) # (all outputs, last state)
    """,
    "GRU": """
    recurrent_dropout          K   tg.nn.GRU(2, 4, num_layers=2, dropout=0.2) # between layers
    return_sequences,return_state K tg.nn.GRU(2, 4)(sequences) # (all outputs, last state)
    """,
    "MultiHeadAttention": """
    key_dim                    K   tg.nn.MultiHeadAttention(8, heads=2) # each has 8 / 2
    kdim                       P   key_features= tg.nn.MultiHeadAttention(8, 2, key_features=4)
    vdim                       P   value_features= tg.nn.MultiHeadAttention(8, 2, value_features=4)
    add_bias_kv                P   tg.nn.MultiHeadAttention(8, heads=2)
    """,
    "Embedding": """
    mask_zero                  K   tg.nn.Embedding(10, 4, padding_idx=0)
    scale_grad_by_freq,sparse  P   tg.nn.Embedding(10, 4)
    max_norm                   P   tg.nn.max_norm(model, 3.0) # after each step
    """,
    "EmbeddingBag": """
    combiner                   K   mode=        tg.nn.EmbeddingBag(10, 4, mode="sum")
    include_last_offset        P   tg.nn.EmbeddingBag(10, 4)([1, 2, 3], offsets=[0, 2])
    """,
    "EmbeddingBag.forward": """
    per_sample_weights         P   weights= \
        tg.nn.EmbeddingBag(10, 4, mode="sum")([[1, 2]], weights=[[0.5, 2.0]])
    """,
    "Recurrent.forward": """
    h0,hx,initial_state        PK  state=       tg.nn.GRU(2, 4)(sequences, state=None)
    """,
    "PReLU": """
    num_parameters             P   features=    tg.nn.PReLU(features=4)
    init,negative_slope_init   PJ  slope=       tg.nn.PReLU(slope=0.1)
    shared_axes                K   tg.nn.PReLU(4)          # one for each feature
    """,
    "Flatten": """
    start_dim,end_dim          P   x.reshape((2, -1))
    """,
}

"""Names that are typed at ``tg.nn``, its losses and initialisers, and at modules."""

NAMES = {
    "tg.nn": """
    from_pretrained            P \
        tg.train.load_weights("model.safetensors", model) # of a file that is there
    F                          P    tg.relu(x)              # losses stand in tg.nn.losses
    Parameter                  P    tg.tensor(X, requires_grad=True) # as an attribute of a module
    Param                      J    tg.tensor(X, requires_grad=True) # as an attribute of a module
    Variable                   KJ   tg.tensor(X, requires_grad=True) # as an attribute of a module
    Buffer                     P    tg.tensor(X)            # as an attribute of a module
    UninitializedParameter,LazyLinear P    tg.nn.Linear(3, 4)
    functional                 P    tg.relu(x)              # losses stand in tg.nn.losses
    utils                      PK \
        tg.optim.clip_by_global_norm(model.parameters(), 1.0) # tg.nn.WeightNorm and SpectralNorm
    Swish                      K    tg.nn.SiLU()
    SeparableConv1D            K \
        tg.nn.Sequential(tg.nn.Conv1d(4, 4, 3, groups=4), tg.nn.Conv1d(4, 8, 1))
    SeparableConv2d            P \
        tg.nn.Sequential(tg.nn.Conv2d(4, 4, 3, groups=4), tg.nn.Conv2d(4, 8, 1))
    DropPath,StochasticDepth   PK   x * tg.nn.Dropout(keep_prob=0.8)(tg.ones((2, 1, 1)))
    SpectralNormalization      K    tg.nn.SpectralNorm(tg.nn.Linear(3, 4))
    local_response_norm        P    tg.nn.BatchNorm(4)(images) # which has taken its place
    initializers               KJ   tg.nn.init.he_normal((4, 3))
    Dense                      KJ   tg.nn.Linear(3, 4)
    Lambda                     K    tg.nn.Sequential(lambda x: x * 2, tg.nn.Linear(3, 4))
    Input,InputLayer           K    # leave it out: layers say what they take, tg.nn.Linear(3, 4)
    Model,Layer                K    tg.nn.Module            # class Net(tg.nn.Module): … forward
    ParameterList              P    [tg.zeros(3, requires_grad=True)] # a list as an attribute
    ParameterDict              P    {"w": tg.zeros(3, requires_grad=True)} # a dict as an attribute
    SyncBatchNorm              P    tg.distributed.SyncBatchNorm(4)
    DataParallel,DistributedDataParallel P    tg.distributed.DataParallel(model, optimizer)
    LazyConv2d                 P    tg.nn.Conv2d(1, 4, kernel_size=3)
    Conv3D                     K    tg.nn.Conv3d(1, 4, kernel_size=3)
    Conv                       J    tg.nn.Conv2d(1, 4, kernel_size=3)
    Conv1D                     K    tg.nn.Conv1d(2, 4, kernel_size=3)
    Conv2D                     K    tg.nn.Conv2d(1, 4, kernel_size=3)
    DepthwiseConv2D            K    tg.nn.Conv2d(4, 4, kernel_size=3, groups=4)
    SeparableConv2D            K \
        tg.nn.Sequential(tg.nn.Conv2d(4, 4, 3, groups=4), tg.nn.Conv2d(4, 8, 1))
    Conv1DTranspose            K    tg.nn.ConvTranspose1d(2, 4, kernel_size=3)
    Conv2DTranspose            K    tg.nn.ConvTranspose2d(1, 4, kernel_size=3)
    ConvTranspose              J    tg.nn.ConvTranspose2d(1, 4, kernel_size=3)
    MaxPooling1D,MaxPool1D     K    tg.nn.MaxPool1d(2)
    MaxPooling2D,MaxPool2D     K    tg.nn.MaxPool2d(2)
    AveragePooling1D           K    tg.nn.AvgPool1d(2)
    AveragePooling2D           K    tg.nn.AvgPool2d(2)
    LPPool1d,LPPool2d,LPPool3d P \
        tg.sqrt(4 * tg.avg_pool(images**2, 2))              # of norm_type 2
    FractionalMaxPool2d,FractionalMaxPool3d P    tg.nn.AdaptiveMaxPool(4) # of any size, not random
    MaxPooling3D               K    tg.nn.MaxPool3d(2)
    AveragePooling3D           K    tg.nn.AvgPool3d(2)
    max_pool                   KJ   tg.max_pool(images, 2)
    avg_pool                   J    tg.avg_pool(images, 2)
    GlobalAveragePooling1D,GlobalAveragePooling2D,GlobalAveragePooling3D K tg.nn.GlobalAvgPool()
    GlobalMaxPooling1D,GlobalMaxPooling2D,GlobalMaxPooling3D K    tg.nn.GlobalMaxPool()
    AdaptiveAvgPool1d,AdaptiveAvgPool2d,AdaptiveAvgPool3d P    tg.nn.AdaptiveAvgPool(4)
    AdaptiveMaxPool1d,AdaptiveMaxPool2d,AdaptiveMaxPool3d P    tg.nn.AdaptiveMaxPool(4)
    AdaptiveAveragePooling1D,AdaptiveAveragePooling2D,AdaptiveAveragePooling3D K \
        tg.nn.AdaptiveAvgPool(4)
    AdaptiveMaxPooling1D,AdaptiveMaxPooling2D,AdaptiveMaxPooling3D K    tg.nn.AdaptiveMaxPool(4)
    BatchNorm1d,BatchNorm2d,BatchNorm3d P    tg.nn.BatchNorm(4)
    BatchNormalization         K    tg.nn.BatchNorm(4)
    LayerNormalization         K    tg.nn.LayerNorm(4)
    InstanceNorm1d,InstanceNorm2d,InstanceNorm3d P    tg.nn.InstanceNorm(4)
    GroupNormalization         K    tg.nn.GroupNorm(2, 4)
    LocalResponseNorm          P    tg.nn.BatchNorm(4)      # which has taken its place
    RMSNormalization           K    tg.nn.RMSNorm(4)
    UnitNormalization          K    x / tg.norm(x, axis=-1, keepdims=True)
    Dropout1d,Dropout2d,Dropout3d P    tg.nn.Dropout(keep_prob=0.8) # of single elements
    AlphaDropout               PK   tg.nn.Dropout(keep_prob=0.8) # of single elements
    SpatialDropout1D,SpatialDropout2D,GaussianDropout K    tg.nn.Dropout(keep_prob=0.8)
    GaussianNoise              K    x + tg.random.normal(x.shape, std=0.1)
    Embed                      J    tg.nn.Embedding(10, 4)
    MultiheadAttention         P    tg.nn.MultiHeadAttention(8, 2)
    Attention                  K    tg.nn.scaled_dot_product_attention(x, x, x)
    MultiHeadDotProductAttention,SelfAttention J    tg.nn.MultiHeadAttention(8, 2)
    dot_product_attention      KJ   tg.nn.scaled_dot_product_attention(x, x, x)
    Transformer                P \
        [tg.nn.TransformerEncoder(6, 8, 2), tg.nn.TransformerDecoder(6, 8, 2)] # one of each
    PositionalEncoding         P    tg.nn.SinusoidalPositionalEncoding(8)
    SimpleRNN                  K    tg.nn.RNN(2, 4)
    SimpleRNNCell              K    tg.nn.RNNCell(2, 4)
    SimpleCell                 J    tg.nn.RNNCell(2, 4)
    OptimizedLSTMCell          J    tg.nn.LSTMCell(2, 4)
    Bidirectional              KJ   tg.nn.LSTM(2, 4, bidirectional=True)
    StackedRNNCells            K    tg.nn.RNN(2, 4, num_layers=2)
    TimeDistributed            K    tg.nn.Linear(3, 4)(x)   # takes any number of axes before
    Unflatten                  P \
        x.reshape((-1, 3, 1))   # in a forward, or a lambda in Sequential
    Reshape                    K \
        x.reshape((-1, 3, 1))   # in a forward, or a lambda in Sequential
    Permute                    K    x.permute_dims((0, 2, 1))
    RepeatVector               K    tg.repeat(A[:, None], 2, axis=1)
    Concatenate                K    tg.concat([x, y], axis=-1)
    Add,Average                K    x + y
    Multiply                   K    x * y
    Dot                        K    tg.vecdot(u, v)
    ZeroPad1d,ZeroPad2d,ZeroPad3d P    tg.nn.ZeroPad(1)
    ZeroPadding1D,ZeroPadding2D,ZeroPadding3D K    tg.nn.ZeroPad(1)
    ConstantPad1d,ConstantPad2d,ConstantPad3d P \
        tg.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)), constant=2.0)
    ReflectionPad1d,ReflectionPad2d,ReflectionPad3d P    tg.nn.ReflectionPad(1)
    ReplicationPad1d,ReplicationPad2d,ReplicationPad3d P    tg.nn.ReplicationPad(1)
    CircularPad1d,CircularPad2d,CircularPad3d P    tg.nn.CircularPad(1)
    Cropping2D                 K    images[:, :, 1:-1, 1:-1]
    UpsamplingNearest2d        P    tg.nn.Upsample(scale=2)
    UpsamplingBilinear2d       P    tg.nn.Upsample(scale=2, mode="linear", align_corners=True)
    UpSampling1D,UpSampling2D,UpSampling3D K    tg.nn.Upsample(scale=2)
    Resizing                   K    tg.nn.Upsample((16, 16), mode="linear")
    resize                     K    tg.nn.interpolate(images, (16, 16), mode="linear")
    upsample                   P    tg.nn.interpolate(images, scale=2)
    grid_sample,affine_grid    P \
        # there is no such operation: values between pixels are tg.interp's, along one axis
    im2col                     P    tg.nn.unfold(images, 3)
    Masking                    K \
        tg.nn.scaled_dot_product_attention(x, x, x, mask=np.tri(3, dtype=bool))
    Rescaling                  K    x / 255
    Normalization              K    tg.data.Normalize().fit(X)
    StringLookup,IntegerLookup,TextVectorization K    tg.data.Classes(["cat", "dog"])
    CategoryEncoding           K    tg.one_hot(labels, 3)
    RandomFlip                 K    tg.data.augment.flip()
    RandomRotation             K    tg.data.augment.rotate(10)
    RandomCrop                 K    tg.data.augment.crop(8, padding=1)
    RandomTranslation          K    tg.data.augment.shift(2)
    RandomBrightness           K    tg.data.augment.brightness(0.2)
    swish                      KJ   tg.nn.SiLU()
    RReLU                      P    tg.nn.LeakyReLU(0.1)    # with a fixed slope
    Softmin                    P    lambda x: tg.softmax(-x)
    Softmax2d                  P    tg.nn.Softmax(axis=1)
    hard_tanh,hard_sigmoid,hard_swish KJ   tg.clip(x, -1, 1)
    clip_grad_norm_            P    tg.optim.clip_by_global_norm(model.parameters(), 1.0)
    clip_grad_value_           P    tg.optim.clip_by_value(model.parameters(), 0.5)
    parameters_to_vector       P    tg.concat([p.reshape(-1) for p in model.parameters()])
    weight_norm                PJ   tg.nn.WeightNorm(tg.nn.Linear(3, 4))
    spectral_norm              PJ   tg.nn.SpectralNorm(tg.nn.Linear(3, 4))
    parametrizations,parametrize P  tg.nn.WeightNorm(tg.nn.Linear(3, 4))
    prune,quantized,qat,intrinsic P    # there is no such thing here
    l2,l1_l2,L2,L1             K    tg.nn.l2_penalty(model, 0.1, m=4)
    MaxNorm,UnitNorm           K    tg.nn.max_norm(model, 3.0)
    """,
    "tg.nn.losses": """
    bce                        K    tg.nn.losses.binary_cross_entropy(probabilities, targets)
    mae                        K    tg.nn.losses.l1(u, v)
    rmse                       K    tg.sqrt(tg.nn.losses.mse(u, v))
    focal_loss                 P    tg.nn.losses.focal(logits, labels)
    CrossEntropyLoss           P    tg.nn.losses.cross_entropy(logits, labels) # a function
    CategoricalCrossentropy,SparseCategoricalCrossentropy K \
        tg.nn.losses.cross_entropy(logits, labels)
    categorical_crossentropy,sparse_categorical_crossentropy K \
        tg.nn.losses.cross_entropy(logits, labels)
    softmax_cross_entropy,softmax_cross_entropy_with_integer_labels J \
        tg.nn.losses.cross_entropy(logits, labels)
    softmax_cross_entropy_with_logits,sparse_softmax_cross_entropy_with_logits K \
        tg.nn.losses.cross_entropy(logits, labels)
    NLLLoss,nll_loss           P    tg.nn.losses.nll(tg.log_softmax(logits), labels)
    BCELoss                    P    tg.nn.losses.binary_cross_entropy(probabilities, targets)
    BinaryCrossentropy,binary_crossentropy K \
        tg.nn.losses.binary_cross_entropy(probabilities, targets)
    BCEWithLogitsLoss          P    tg.nn.losses.binary_cross_entropy_with_logits(scores, targets)
    sigmoid_cross_entropy_with_logits K \
        tg.nn.losses.binary_cross_entropy_with_logits(scores, targets)
    sigmoid_binary_cross_entropy J    tg.nn.losses.binary_cross_entropy_with_logits(scores, targets)
    MultiLabelSoftMarginLoss   P    tg.nn.losses.multi_label(scores, targets)
    MSELoss,mse_loss           P    tg.nn.losses.mse(u, v)
    MeanSquaredError,mean_squared_error K    tg.nn.losses.mse(u, v)
    squared_error,l2_loss      J    tg.nn.losses.mse(u, v, reduction="none")
    RootMeanSquaredError       K    tg.sqrt(tg.nn.losses.mse(u, v))
    root_mean_squared_error    S    tg.sqrt(tg.nn.losses.mse(u, v))
    L1Loss,l1_loss             P    tg.nn.losses.l1(u, v)
    MeanAbsoluteError          K    tg.nn.losses.l1(u, v)
    mean_absolute_error        KS   tg.nn.losses.l1(u, v)
    mean_absolute_percentage_error KS   tg.abs((u - v) / v).mean()
    MeanAbsolutePercentageError K    tg.abs((u - v) / v).mean()
    HuberLoss                  P    tg.nn.losses.huber(u, v)
    huber_loss                 PJ   tg.nn.losses.huber(u, v)
    SmoothL1Loss,smooth_l1_loss P    tg.nn.losses.huber(u, v, delta=1.0) # the same for beta = 1
    Huber                      K    tg.nn.losses.huber(u, v)
    LogCosh                    K    (tg.logaddexp(u - v, v - u) - np.log(2)).mean()
    log_cosh                   KJ   (tg.logaddexp(u - v, v - u) - np.log(2)).mean()
    Hinge                      K    tg.nn.losses.hinge(scores, 2 * targets - 1)
    HingeEmbeddingLoss,hinge_embedding,hinge_embedding_loss P \
        tg.where([True, False, True], u, tg.relu(1.0 - u)).mean() # u where the label is 1
    hinge_loss                 J    tg.nn.losses.hinge(scores, 2 * targets - 1)
    SquaredHinge,CategoricalHinge K \
        tg.square(tg.nn.losses.hinge(scores, 2 * targets - 1, "none")).mean()
    SoftMarginLoss,soft_margin,soft_margin_loss P \
        tg.softplus(-u * [1.0, -1.0, 1.0]).mean()           # labels −1 and 1
    smooth_l1                  P    tg.nn.losses.huber(u, v, delta=1.0) # the same for beta = 1
    triplet                    PK   tg.nn.losses.triplet_margin(A, B, A + 1)
    poisson                    K    tg.nn.losses.poisson_nll(u, v)
    KLDivLoss,kl_div           P    tg.nn.losses.kl_divergence(tg.log_softmax(logits), one_hot)
    KLDivergence               K    tg.nn.losses.kl_divergence(tg.log_softmax(logits), one_hot)
    Poisson                    K    tg.nn.losses.poisson_nll(u, v)
    PoissonNLLLoss,poisson_nll_loss P    tg.nn.losses.poisson_nll(u, v)
    GaussianNLLLoss,gaussian_nll_loss P    tg.nn.losses.gaussian_nll(u, v, variance=w**2)
    QuantileLoss,pinball_loss,mean_pinball_loss PSK    tg.nn.losses.quantile(u, v, q=0.9)
    pinball                    K    tg.nn.losses.quantile(u, v, q=0.9)
    MarginRankingLoss,margin_ranking_loss P    tg.nn.losses.margin_ranking(u, v, [1, -1, 1])
    ranking_softmax_loss       J    tg.nn.losses.margin_ranking(u, v, [1, -1, 1])
    TripletMarginLoss,TripletMarginWithDistanceLoss P    tg.nn.losses.triplet_margin(A, B, A + 1)
    triplet_margin_loss        PJ   tg.nn.losses.triplet_margin(A, B, A + 1)
    CosineEmbeddingLoss,cosine_embedding_loss P    tg.nn.losses.cosine_embedding(A, B, [1, -1, 1])
    CosineSimilarity           K    -tg.nn.cosine_similarity(A, B, axis=-1).mean()
    cosine_similarity,cosine_distance KJ   tg.nn.cosine_similarity(A, B, axis=-1)
    MultiMarginLoss,multi_margin_loss P    tg.nn.losses.multi_margin(logits, labels)
    CTCLoss                    P    tg.nn.losses.ctc(tg.log_softmax(x), [[1, 2], [2, 1]])
    ctc_loss                   PJ   tg.nn.losses.ctc(tg.log_softmax(x), [[1, 2], [2, 1]])
    CTC                        K    tg.nn.losses.ctc(tg.log_softmax(x), [[1, 2], [2, 1]])
    BinaryFocalCrossentropy,binary_focal_crossentropy K \
        tg.nn.losses.binary_focal(scores, targets)
    CategoricalFocalCrossentropy K    tg.nn.losses.focal(logits, labels)
    sigmoid_focal_loss         PJ   tg.nn.losses.binary_focal(scores, targets)
    Dice                       K    tg.nn.losses.dice(tg.sigmoid(logits), one_hot)
    DiceLoss,dice_loss         P    tg.nn.losses.dice(tg.sigmoid(logits), one_hot)
    InfoNCE,NTXentLoss         P    tg.nn.losses.info_nce(A, B)
    ntxent                     J    tg.nn.losses.nt_xent(A, B)
    Loss                       K    # a loss is a function of predictions and targets
    """,
    "tg.nn.init": """
    kaiming_normal_            P    tg.nn.init.he_normal((4, 3))
    kaiming_normal             PJ   tg.nn.init.he_normal((4, 3))
    kaiming_uniform_           P    tg.nn.init.he_uniform((4, 3))
    kaiming_uniform            PJ   tg.nn.init.he_uniform((4, 3))
    variance_scaling           KJ   tg.nn.init.he_normal((4, 3))
    VarianceScaling            K    tg.nn.init.he_normal((4, 3))
    xavier_normal_             P    tg.nn.init.glorot_normal((4, 3)) # xavier_normal is LeCun's
    xavier_uniform_            P    tg.nn.init.glorot_uniform((4, 3)) # xavier_uniform is LeCun's
    HeNormal                   K    tg.nn.init.he_normal((4, 3))
    HeUniform                  K    tg.nn.init.he_uniform((4, 3))
    GlorotNormal               K    tg.nn.init.glorot_normal((4, 3))
    GlorotUniform              K    tg.nn.init.glorot_uniform((4, 3))
    LecunNormal                K    tg.nn.init.lecun_normal((4, 3))
    LecunUniform               K    tg.nn.init.lecun_uniform((4, 3))
    normal_,trunc_normal_      P \
        tg.nn.init.normal(std=0.02)((4, 3))
    RandomNormal,TruncatedNormal K \
        tg.nn.init.normal(std=0.02)((4, 3))
    truncated_normal           KJ \
        tg.nn.init.normal(std=0.02)((4, 3))
    uniform_                   P    tg.nn.init.uniform(-0.1, 0.1)((4, 3))
    RandomUniform              K    tg.nn.init.uniform(-0.1, 0.1)((4, 3))
    constant_                  P    tg.nn.init.constant(0.1)((4, 3))
    Constant                   K    tg.nn.init.constant(0.1)((4, 3))
    zeros_                     P    tg.nn.init.zeros((4, 3))
    zeros_init                 J    tg.nn.init.zeros((4, 3))
    Zeros                      K    tg.nn.init.zeros((4, 3))
    ones_                      P    tg.nn.init.constant(1.0)((4, 3))
    ones                       KJ   tg.nn.init.constant(1.0)((4, 3))
    ones_init                  J    tg.nn.init.constant(1.0)((4, 3))
    Ones                       K    tg.nn.init.constant(1.0)((4, 3))
    orthogonal_                P    tg.nn.init.orthogonal()((3, 3))
    Orthogonal,OrthogonalInitializer K    tg.nn.init.orthogonal()((3, 3))
    eye_,dirac_                P    lambda shape: tg.eye(*shape)
    identity,Identity          K    lambda shape: tg.eye(*shape)
    delta_orthogonal           J    lambda shape: tg.eye(*shape)
    sparse_                    P    tg.nn.init.normal(std=0.02)((4, 3))
    calculate_gain             P    2**0.5                  # of ReLU; he_normal has it built in
    """,
    "Module": """
    cuda,cpu,xpu,bfloat16      P    model                   # computed on the CPU
    to,type                    P    model.astype("float64") # computed on the CPU
    double                     P    model.astype("float64")
    float                      P    model.astype("float32")
    half                       P    model.astype("float16")
    register_parameter         P    tg.tensor(X, requires_grad=True) # self.name = …
    add_weight                 K    tg.tensor(X, requires_grad=True) # self.name = …
    register_buffer            P    tg.tensor(X)           # self.name = …
    add_variable               K    tg.tensor(X)           # self.name = …
    add_module,register_module P    tg.nn.Linear(3, 4)      # self.name = …
    get_submodule              P    dict(model.named_modules())["layers.0"]
    get_parameter              P    dict(model.named_parameters())["layers.0.weight"]
    get_buffer                 P    dict(model.named_buffers())
    requires_grad_             P    tg.nn.freeze(model)      # and tg.nn.unfreeze(model)
    requires_grad              P    tg.nn.freeze(model)      # and tg.nn.unfreeze(model)
    trainable                  K    tg.nn.freeze(model)      # and tg.nn.unfreeze(model)
    trainable_variables,trainable_weights,weights K    model.parameters()
    variables                  KJ   model.parameters()
    non_trainable_variables,non_trainable_weights K    model.buffers()
    get_weights                K    model.state_dict()
    set_weights                K    model.load_state_dict(state)
    count_params               K    sum(p.size for p in model.parameters())
    summary                    K    print(model)
    compile                    PK   tg.compile(model) # loss and optimizer are tg.train.fit's
    fit                        KS   tg.train.fit(model, loss, optimizer, (X, labels), epochs=5)
    train_on_batch             K    tg.train.fit(model, loss, optimizer, (X, labels), epochs=5)
    fit_generator              K \
        tg.train.fit(model, loss, optimizer, tg.data.Batches(X, labels), epochs=5)
    evaluate,test_on_batch     K    tg.train.evaluate(model, loss, (X, labels))
    score                      S    tg.train.evaluate(model, loss, (X, labels))
    predict                    KS   tg.train.predict(model, X)
    predict_on_batch           K    tg.train.predict(model, X)
    predict_proba              S    tg.softmax(tg.train.predict(model, X))
    predict_classes            K    tg.train.predict(model, X).argmax(axis=1)
    save,save_weights          K    tg.train.save("model.safetensors", model=model)
    load_weights               K    tg.train.load_weights("model.safetensors", model)
    from_pretrained            P \
        tg.train.load_weights("model.safetensors", model) # of a file that is there
    load_from_checkpoint       P    tg.train.load("model.safetensors", model=model)
    export                     K    # there is no such format; model.state_dict() has the arrays
    call                       K    model.forward           # class Net(tg.nn.Module): … forward
    build                      K    # leave it out: layers say what they take, tg.nn.Linear(3, 4)
    apply_fn                   J    tg.nn.functional_call(model, dict(model.named_parameters()), X)
    bind                       J    tg.nn.functional_call(model, dict(model.named_parameters()), X)
    params                     J    dict(model.named_parameters())
    add_loss,losses            K    tg.nn.l2_penalty(model, 0.1, m=4) # added to the cost
    reset_parameters           P    tg.nn.init.he_normal((4, 3)) # layer.weight.assign(…)
    share_memory               P    model                   # there is one process
    register_full_backward_hook,register_backward_hook P \
        tg.nn.Watch(model) # for norms; or tensor.register_hook
    to_json,get_config         K    repr(model)
    device                     P    # all is computed by NumPy, on the CPU: leave it out
    dtype                      PK   next(iter(model.parameters())).dtype
    """,
    "Sequential": """
    add                        K    tg.nn.Sequential(*model.layers, tg.nn.ReLU())
    append,insert              P    tg.nn.Sequential(*model.layers, tg.nn.ReLU())
    pop                        PK   tg.nn.Sequential(*model.layers[:-1])
    get_layer                  K    model.layers[0]
    """,
    "Linear": """
    kernel                     KJ   layer.weight            # of shape (out, in)
    units                      K    layer.weight.shape[0]
    """,
}

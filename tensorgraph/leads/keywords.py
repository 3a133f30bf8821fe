"""Keywords of calls: of operations, losses, optimizers, ``fit`` and the rest."""

KEYWORDS = {
    "every call": """
    dim,dims,axes              PJN axis=        tg.sum(x, axis=0)
    dims,axis,perm,dim         PKN axes=        tg.permute_dims(x, axes=(0, 2, 1))
    keepdim,keep_dims          PK  keepdims=    tg.mean(x, axis=0, keepdims=True)
    ddof                       NJ  correction=  tg.std(x, axis=0, correction=1)
    a_min,clip_value_min       NK  min=         tg.clip(x, min=0.0, max=1.0)
    a_max,clip_value_max       NK  max=         tg.clip(x, min=0.0, max=1.0)
    input,a,x1,tensor,self     PNKJ x=          tg.sum(x=x, axis=0)
    other,b,x2                 PNKJ y=          tg.where(mask, x=x, y=y)
    tensors,seq,tup,values     PNKJ arrays=     tg.concat(arrays=[x, y])
    array                      NJ  x=           tg.sum(x=x)
    cond,predicate             NKJ condition=   tg.where(condition=mask, x=x, y=y)
    index                      PN  indices=     tg.take(x, indices=[0, 1], axis=0)
    depth,n_classes,classes    KJ  num_classes= tg.one_hot(labels, num_classes=3)
    indices_or_sections        NJP sections=    tg.split(u, sections=3)
    chunks,num_or_size_splits  PK  sections=    tg.split(u, sections=3)
    split_size_or_sections     P   \
        tg.split(u, 3) # into so many parts, as in NumPy; PyTorch's number is their length
    shifts                     PJ  shift=       tg.roll(x, shift=1, axis=0)
    reps,multiples,dims        NKPJ repetitions= tg.tile(x, repetitions=(2, 1, 1))
    diagonal                   P   k=           tg.tril(A, k=1)
    newshape,size,new_shape    NPK shape=       tg.reshape(x, shape=(2, 9))
    pad,paddings,pad_widths    PKJ pad_width=   tg.pad(u, pad_width=(1, 2))
    value,constant_values      PNK constant=    tg.pad(u, pad_width=(1, 2), constant=1.0)
    negative_slope,alpha       PKJ slope=       tg.leaky_relu(x, slope=0.2)
    largest                    P   descending=  tg.sort(x, descending=True)
    kind,stable                NPJ # the order of equals is kept: leave it out
    equation                   PK  subscripts=  tg.einsum("ij,jk", A, B)
    kernel_size,window_shape   PK  size=        tg.max_pool(images, size=2)
    ksize,pool_size            K   size=        tg.max_pool(images, size=2)
    pool_size                  K   kernel_size= tg.nn.MaxPool2d(kernel_size=2)
    strides,window_strides     KJ  stride=      tg.max_pool(images, size=2, stride=2)
    rhs_dilation,dilation_rate,dilations KJ dilation= tg.nn.Conv2d(1, 2, 3, dilation=2)
    feature_group_count        J   groups=      tg.nn.Conv2d(2, 2, 3, groups=2)
    ceil_mode,return_indices   P   tg.nn.MaxPool2d(2, ceil_mode=True)
    count_include_pad          P   tg.nn.AvgPool2d(2, padding=1, count_include_pad=True)
    divisor_override           P   # there is no such choice
    scale_factor               P   scale=       tg.nn.Upsample(scale=2)
    upscale_factor,downscale_factor P factor=   tg.nn.PixelShuffle(factor=2)
    antialias,recompute_scale_factor PK tg.nn.interpolate(images, scale=2) # nothing is averaged
    interpolation,method       KJ  mode=        tg.nn.interpolate(images, scale=2, mode="linear")
    elementwise_affine         P   affine=      tg.nn.LayerNorm(3, affine=False)
    in1_features,in2_features  P   tg.nn.Bilinear(3, 4, 2)
    fill,object                KP  fill_value=  tg.full((2, 3), fill_value=1.0)
    object,obj,elements        N   data=        tg.tensor(data=[1.0, 2.0])
    end                        P   stop=        tg.arange(0, stop=5)
    steps                      P   num=         tg.linspace(0, 1, num=5)
    N,rows,num_rows            NK  n=           tg.eye(n=3)
    M,num_columns              NK  m=           tg.eye(3, m=4)
    out                        PN  # tensors do not change: write y = f(x) for f(x, out=y)
    inplace                    P   # tensors do not change: leave it out
    where                      NJ  # NumPy's takes it, of tensors too: np.mean(x, where=mask)
    initial                    NJ  # NumPy's takes it, of tensors too: np.max(x, initial=0.0)
    dtype                      PNJ x.astype("float64").sum(axis=0)
    device,layout,pin_memory,memory_format,non_blocking,map_location PJ \
        # all is computed by NumPy, on the CPU: leave it out
    sharding,weights_only,track_running_stats,jit_compile,foreach,fused,capturable PJK \
        # there is nothing here that it would choose: leave it out
    order,subok,copy,ndmin     NJ  # how arrays lie in memory is NumPy's matter: leave it out
    trainable                  K   requires_grad= tg.tensor([1.0], requires_grad=True)
    epsilon                    KJ  eps=         tg.nn.LayerNorm(3, eps=1e-6)
    learning_rate              KJ  lr=          tg.optim.Adam(model.parameters(), lr=0.01)
    seed,random_state,rng,key,rngs KSJN generator= \
        tg.random.normal((2, 3), generator=tg.random.Generator(0))
    random_state,rng,key       SNJ seed=        tg.data.split(X, seed=1)
    loc                        NJ  mean=        tg.random.normal((2, 3), mean=1.0)
    stddev,scale               KNJ std=         tg.random.normal((2, 3), std=0.1)
    minval,a,from_             KJP low=         tg.random.uniform((2, 3), low=-1.0)
    maxval,b,to                KJP high=        tg.random.uniform((2, 3), high=2.0)
    probs,prob                 PJ  p=           tg.random.bernoulli(p=0.5, shape=(3,))
    y_true,target,targets      KSP labels=      tg.diagnose.accuracy(predictions, labels=labels)
    y_pred,preds,output        KSP predictions= \
        tg.diagnose.accuracy(predictions=predictions, labels=labels)
    y_true,labels,targets      KJ  target=      tg.nn.losses.mse(u, target=v)
    y_pred,input,predictions   KPJ prediction=  tg.nn.losses.mse(prediction=u, target=v)
    y_pred,input               KP  logits= \
        tg.nn.losses.cross_entropy(logits=logits, target=labels)
    y_pred,input               KP  probabilities= \
        tg.nn.losses.binary_cross_entropy(probabilities=probabilities, target=targets)
    y_pred,input,log_predictions KPJ log_probs= \
        tg.nn.losses.nll(log_probs=tg.log_softmax(logits), target=labels)
    y_pred,input               KP  scores= \
        tg.nn.losses.hinge(scores=scores, target=2 * targets - 1)
    y_prob,y_proba,y_score     S   probabilities= \
        tg.diagnose.brier_score(probabilities=probabilities, labels=targets)
    y_score                    S   scores=      tg.diagnose.roc_auc(scores=scores, labels=targets)
    pos_label                  S   positive=    tg.diagnose.f1([0, 1, 1], [0, 1, 0], positive=1)
    normalize                  S   tg.diagnose.confusion_matrix(predictions, labels)
    zero_division              S   undefined=   tg.diagnose.f1([0, 1, 1], [0, 1, 0], undefined=0.0)
    n_bins                     S   bins= \
        tg.diagnose.calibration(probabilities, targets, bins=5)
    size_average,reduce        P   tg.nn.losses.mse(u, v, reduction="sum")
    pos_weight                 P   \
        tg.nn.losses.cross_entropy(logits, labels, weight=[1.0, 2.0, 1.0])
    input_lengths,logit_length PK  lengths= \
        tg.nn.losses.ctc(tg.log_softmax(x), [[1], [2]], lengths=[3, 2])
    label_length               K   target_lengths= \
        tg.nn.losses.ctc(tg.log_softmax(x), [[1], [2]], target_lengths=[1, 1])
    blank_index,mask_index     KJ  blank= \
        tg.nn.losses.ctc(tg.log_softmax(x), [[1], [1]], blank=2)
    log_input                  P   tg.nn.losses.poisson_nll(u, v) # of logarithms, without log y!
    var                        P   variance= \
        tg.nn.losses.gaussian_nll(u, v, variance=w**2)
    tau                        S   q=           tg.nn.losses.quantile(u, v, q=0.9)
    p                          P   ord=         tg.nn.losses.triplet_margin(A, B, A + 1, ord=1)
    class_weight,class_weights KS  weight=      \
        tg.nn.losses.cross_entropy(logits, labels, weight=[1.0, 2.0, 1.0])
    sample_weight              KS  \
        (loss(logits, labels, reduction="none") * weights).mean() # one weight for each value
    from_logits                K   \
        tg.nn.losses.binary_cross_entropy_with_logits(scores, targets) # cross_entropy takes them
    beta,threshold             P   delta=       tg.nn.losses.huber(u, v, delta=0.5)
    log_target                 P   tg.nn.losses.kl_divergence(tg.log_softmax(logits), one_hot)
    num_workers                PK  workers=     tg.data.Batches(X, workers=2)
    n_jobs                     S   workers=     tg.data.Batches(X, workers=2)
    attn_mask                  P   mask=        \
        tg.nn.scaled_dot_product_attention(x, x, x, mask=np.tri(3, dtype=bool)) \
 # True where a query may attend, bias= for numbers
    key_padding_mask,src_key_padding_mask,tgt_key_padding_mask P \
        tg.nn.TransformerEncoder(1, 4, 2)(tg.ones((2, 3, 4)), key_mask=tg.ones((2, 3)) > 0)\
 # True for what is no padding
    src_mask,tgt_mask          P   mask=        \
        tg.nn.TransformerEncoder(1, 4, 2)(tg.ones((2, 3, 4)), mask=np.tri(3, dtype=bool))\
 # True where a step may attend
    average_attn_weights,return_attention_scores PK \
        tg.nn.MultiHeadAttention(8, 2)(tg.ones((2, 3, 8)), need_weights=True)
    d_model                    P   features=    tg.nn.TransformerEncoderLayer(features=8, heads=2)
    nhead                      P   heads=       tg.nn.TransformerEncoderLayer(8, heads=2)
    dim_feedforward,intermediate_dim PK hidden_features= \
        tg.nn.TransformerEncoderLayer(8, 2, hidden_features=16)
    layer_norm_eps             P   eps=         tg.nn.TransformerEncoderLayer(8, 2, eps=1e-6)
    is_causal,use_causal_mask  PK  causal= \
        tg.nn.scaled_dot_product_attention(x, x, x, causal=True)
    dropout_p,dropout_rate     PJ  dropout= \
        tg.nn.scaled_dot_product_attention(x, x, x, dropout=0.1)
    use_bias,with_bias         KJ  bias=        tg.nn.Linear(3, 4, bias=False)
    kernel_initializer,kernel_init,embeddings_initializer KJ init= \
        tg.nn.Linear(3, 4, init=tg.nn.init.glorot_uniform)
    recurrent_initializer      K   recurrent_init= \
        tg.nn.RNN(2, 4, recurrent_init=tg.nn.init.orthogonal())
    bias_initializer,bias_init KJ  # biases start at 0; write layer.bias.assign(value)
    kernel_regularizer,bias_regularizer,activity_regularizer K \
        tg.nn.l2_penalty(model, 0.1, m=4) # is added to the cost
    kernel_constraint,bias_constraint K tg.nn.max_norm(model, 3.0) # after each step
    param_dtype                J   dtype=       tg.nn.Linear(3, 4, dtype="float64")
    input_shape,input_dim      K   in_features= tg.nn.Linear(in_features=3, out_features=4)
    input_size                 P   in_features= tg.nn.RNN(in_features=2, hidden_features=4)
    units,features             KJ  out_features= tg.nn.Linear(3, out_features=4)
    hidden_size,units          PK  hidden_features= tg.nn.RNN(2, hidden_features=4)
    filters,features           KJ  out_channels= tg.nn.Conv2d(1, out_channels=4, kernel_size=3)
    num_features               P   features=    tg.nn.BatchNorm(features=4)
    num_channels               P   features=    tg.nn.GroupNorm(groups=2, features=4)
    num_groups                 P   groups=      tg.nn.GroupNorm(groups=2, features=4)
    embed_dim                  P   features=    tg.nn.MultiHeadAttention(features=8, heads=2)
    num_heads                  PKJ heads=       tg.nn.MultiHeadAttention(8, heads=2)
    normalized_shape           P   shape=       tg.nn.LayerNorm(shape=3)
    input_dim,vocab_size       K   num_embeddings= \
        tg.nn.Embedding(num_embeddings=10, embedding_dim=4)
    output_dim,features        KJ  embedding_dim= tg.nn.Embedding(10, embedding_dim=4)
    activation                 K   \
        tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.ReLU()) # an activation is a layer of its own
    batch_first                P   # leave it out: arrays are (batch, time, features) here
    time_major                 K   # leave it out: arrays are (batch, time, features) here
    name                       K   # leave it out: modules are called by their attributes
    argnum                     J   argnums=     tg.grad(f, argnums=0)
    unroll                     J   # leave it out; tg.scan(…, block=10) keeps 10 steps at once
    inputs                     P   w.zero_grad() # gradients of some inputs: tg.gradients(y, inputs)
    grad_outputs               P   grad_output= tg.gradients(w * 2, [w], grad_output=tg.ones(3))
    allow_unused               P   tg.gradients(cost(w), [w])
    clipnorm,global_clipnorm K tg.optim.clip_by_global_norm(model.parameters(), 1.0)
    clipvalue                  K   tg.optim.clip_by_value(model.parameters(), 0.5)
    clip_value                 P   limit= \
        tg.optim.clip_by_value(model.parameters(), limit=0.5)
    norm_type,error_if_nonfinite P tg.optim.clip_by_global_norm(model.parameters(), 1.0)
    """,
    "gradcheck": """
    eps,atol,raise_exception   P   tg.testing.gradcheck(f, np.ones(3), rtol=1e-8)
    """,
    "diff": """
    n,axis,dim,prepend,append  PKJN \
        tg.increments(u) # NumPy's diff, with n, axis, prepend, append; tg.diff compares graphs
    """,
    "matrix_rank": """
    tol                        PN  tg.sum(tg.linalg.svdvals(A) > 0.1) # rtol is relative
    """,
    "eigh": """
    UPLO                       PN  \
        tg.linalg.eigh(tg.triu(A) + tg.triu(A, k=1).mT) # for "U"; A's symmetric part is taken
    """,
    "eigvalsh": """
    UPLO                       PN  \
        tg.linalg.eigvalsh(tg.triu(A) + tg.triu(A, k=1).mT) # for "U"; A's symmetric part is taken
    """,
    "std": """
    unbiased                   P   tg.std(x, axis=0, correction=1) # 0 for unbiased=False
    """,
    "var": """
    unbiased                   P   tg.var(x, axis=0, correction=1) # 0 for unbiased=False
    """,
    "tensor": """
    like                       N   tg.tensor(X, dtype=x.dtype)
    """,
    "linspace": """
    requires_grad              P   tg.tensor(tg.linspace(0, 1, 5), requires_grad=True)
    """,
    "arange": """
    requires_grad              P   tg.tensor(tg.arange(0.0, 5.0), requires_grad=True)
    """,
    "eye": """
    requires_grad              P   tg.tensor(tg.eye(3), requires_grad=True)
    """,
    "zeros_like": """
    requires_grad              P   tg.zeros(x.shape, requires_grad=True)
    """,
    "ones_like": """
    requires_grad              P   tg.ones(x.shape, requires_grad=True)
    """,
    "full_like": """
    requires_grad              P   tg.full(x.shape, 2.0, requires_grad=True)
    """,
    "normal": """
    requires_grad              P   tg.tensor(tg.random.normal((2, 3)), requires_grad=True)
    """,
    "uniform": """
    requires_grad              P   tg.tensor(tg.random.uniform((2, 3)), requires_grad=True)
    """,
    "gelu": """
    approximate                PKJ \
        0.5 * x * (1 + tg.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))) # gelu is exact
    """,
    "logsumexp": """
    b                          S   tg.logsumexp(x + tg.log(y), axis=-1) # of factors above 0
    """,
    "softplus": """
    beta                       P   tg.softplus(2.0 * x) / 2.0 # beta = 2
    threshold                  P   # leave it out: it is exact everywhere
    """,
    "Optimizer": """
    momentum                   PKJ beta=        tg.optim.Muon(model.parameters(), beta=0.95)
    momentum                   PKJ tg.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    nesterov                   PKJ \
        tg.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    dampening                  P   tg.optim.EWMAMomentum(model.parameters(), lr=0.1, beta=0.9)
    weight_decay,decay         PK \
        tg.optim.AdamW(model.parameters(), weight_decay=0.01) # coupled: Adam(…, l2=0.01)
    alpha,rho,decay,decay_rate PKJ beta=        tg.optim.RMSprop(model.parameters(), beta=0.9)
    beta_1,beta_2,b1,b2        KJ  tg.optim.Adam(model.parameters(), betas=(0.9, 0.999))
    amsgrad                    PK  tg.optim.Adam(model.parameters(), amsgrad=True)
    centered                   PK  tg.optim.RMSprop(model.parameters(), centered=True)
    decoupled_weight_decay     P   # leave it out: weight_decay= is decoupled, l2= is not
    momentum_decay             P   tg.optim.NAdam(model.parameters())
    foreach,fused,capturable   P   # leave it out: parameters are stepped together as it is
    lr_decay                   P   \
        tg.optim.SGD(model.parameters(), lr=tg.optim.schedules.inverse_time(0.1, 0.01))
    initial_accumulator_value  PKJ tg.optim.Adagrad(model.parameters())
    use_ema,ema_momentum       K   tg.optim.EMA(model.parameters(), decay=0.99)
    etas                       P   factors= \
        tg.optim.Rprop(model.parameters(), factors=(0.5, 1.2))
    step_sizes                 P   \
        tg.optim.Rprop(model.parameters(), limits=(0.0001, 5000.0)) # in units of lr
    beta2_decay                P   tg.optim.Adafactor(model.parameters(), decay=0.8)
    ns_steps,ns_coefficients,adjust_lr_fn P tg.optim.Muon(model.parameters())
    trust_coefficient          J   trust= \
        tg.optim.LARS(model.parameters(), lr=0.1, trust=0.001)
    """,
    "LBFGS": """
    history_size,memory_size   PJ  history=     tg.optim.LBFGS(model.parameters(), history=100)
    max_eval                   P   tg.optim.LBFGS(model.parameters(), max_iter=20) # of steps
    line_search_fn,linesearch  PJ  # leave it out: it searches by the strong Wolfe conditions
    """,
    "LBFGS.step": """
    closure                    P   cost=        lbfgs.step(cost=lambda: loss(model(X), labels))
    """,
    "EMA": """
    model                      P   params=      tg.optim.EMA(params=model.parameters())
    ema_momentum,momentum      K   decay=       tg.optim.EMA(model.parameters(), decay=0.99)
    multi_avg_fn,avg_fn        P   \
        tg.optim.EMA(model.parameters(), decay=lambda t: t / (t + 1))
    """,
    "Plateau": """
    initial_learning_rate,lr   KP  alpha0=      tg.optim.schedules.Plateau(alpha0=0.1)
    min_lr                     PK  least=       tg.optim.schedules.Plateau(0.1, least=0.001)
    min_delta,rtol             KJ  threshold=   tg.optim.schedules.Plateau(0.1, threshold=0.01)
    optimizer                  P   \
        tg.optim.SGD(model.parameters(), lr=tg.optim.schedules.Plateau(0.1))
    monitor                    K   # tell it the metric by see(…), in a callback
    """,
    "Schedule": """
    initial_learning_rate,learning_rate,lr,base_lr,init_value,value KPJ alpha0= \
        tg.optim.schedules.cosine(alpha0=0.1, steps=100)
    max_lr,peak_value          PJ  peak=        tg.optim.schedules.one_cycle(peak=0.1, steps=100)
    T_max,T_0,total_steps,total_iters P steps=  tg.optim.schedules.cosine(0.1, steps=100)
    decay_steps,first_decay_steps,transition_steps KJ steps= \
        tg.optim.schedules.cosine(0.1, steps=100)
    eta_min,end_value          PJ  final= \
        tg.optim.schedules.cosine(0.1, steps=100, final=0.001)
    alpha                      KJ  \
        tg.optim.schedules.cosine(0.1, steps=100, final=0.001) # a rate, not a share of alpha0
    gamma                      P   base=        tg.optim.schedules.exponential(0.1, base=0.95)
    T_mult,t_mul               PK  factor= \
        tg.optim.schedules.cosine_restarts(0.1, steps=100, factor=2)
    step_size_up               P   steps= \
        tg.optim.schedules.cyclic(0.1, peak=0.5, steps=100)
    gamma                      P   factor= \
        tg.optim.schedules.staircase(0.1, factor=0.5, every=10)
    decay_rate                 KJ  base=        tg.optim.schedules.exponential(0.1, base=0.95)
    decay_rate                 K   rate=        tg.optim.schedules.inverse_time(0.1, rate=0.01)
    decay_steps,transition_steps KJ \
        tg.optim.schedules.exponential(0.1, base=0.95 ** (1 / 10)) # 0.95 in 10 steps
    staircase                  KJ  tg.optim.schedules.staircase(0.1, 0.5, every=10)
    step_size                  P   every= \
        tg.optim.schedules.staircase(0.1, factor=0.5, every=10)
    div_factor                 P   divisor= \
        tg.optim.schedules.one_cycle(0.1, steps=100, divisor=25.0)
    pct_start                  P   \
        tg.optim.schedules.one_cycle(0.1, steps=100) # two straight lines of the same length
    anneal_strategy,three_phase P tg.optim.schedules.one_cycle(0.1, steps=100) # straight lines
    base_lr                    P   low= \
        tg.optim.schedules.cyclic(low=0.1, peak=0.5, steps=100)
    milestones                 P   boundaries= \
        tg.optim.schedules.join([lambda step: 0.1, lambda step: 0.01], boundaries=[100])
    warmup_steps,warmup_target KJ  \
        tg.optim.schedules.warmup(tg.optim.schedules.cosine(0.1, steps=100), 10)
    last_epoch,verbose         P   # leave it out: the optimizer counts its steps
    optimizer                  P   \
        tg.optim.Adam(model.parameters(), lr=tg.optim.schedules.cosine(0.1, steps=100))
    """,
    "warmup": """
    warmup_steps               KJ  steps= \
        tg.optim.schedules.warmup(tg.optim.schedules.constant(0.1), steps=10)
    """,
    "decision_boundary": """
    axes                       S   ax= \
        tg.diagnose.decision_boundary(predict, points, labels, ax=None)
    grid_resolution            S   steps= \
        tg.diagnose.decision_boundary(predict, points, labels, steps=50)
    """,
    "Optimizer.zero_grad": """
    set_to_none                P   optimizer.zero_grad()   # always to None
    """,
    "Optimizer.step": """
    closure                    P   optimizer.step()        # after zero_grad and cost.backward()
    """,
    "Module.load_state_dict": """
    strict                     P   tg.nn.load_matching(model, state)
    assign                     P   model.load_state_dict(state)
    """,
    "Module.parameters": """
    recurse                    P   [p for p in vars(layer).values() if isinstance(p, tg.Tensor)]
    """,
    "fit": """
    validation_data,eval_set   K   dev=         \
        tg.train.fit(model, loss, optimizer, (X, labels), dev=(X, labels), epochs=2)
    validation_split           K   tg.data.split(X, labels, train=0.5, dev=0.25, test=0.25)
    x,X,train_data,train_dataloaders KSP train= \
        tg.train.fit(model, loss, optimizer, train=(X, labels), epochs=2)
    y                          KS  tg.train.fit(model, loss, optimizer, (X, labels), epochs=2)
    loss_fn,criterion          PK  loss=        \
        tg.train.fit(model, loss=loss, optimizer=optimizer, train=(X, labels), epochs=2)
    nb_epoch,max_epochs,n_epochs,num_epochs PK epochs= \
        tg.train.fit(model, loss, optimizer, (X, labels), epochs=2)
    verbose                    KS  progress=    \
        tg.train.fit(model, loss, optimizer, (X, labels), epochs=2, progress=False)
    shuffle                    K   \
        tg.train.fit(model, loss, optimizer, tg.data.Batches(X, labels, shuffle=False), epochs=2)
    class_weight               K \
        tg.nn.losses.cross_entropy(logits, labels, weight=[1.0, 2.0, 1.0])
    sample_weight              KS \
        tg.train.fit(model, lambda z, t: (loss(z, t["y"], reduction="none") * t["w"]).mean(),\
 optimizer, {"x": X, "y": labels, "w": weights}, epochs=2)
    initial_epoch,resume,ckpt_path KP \
        tg.train.fit(model, loss, optimizer, (X, labels), epochs=2, checkpoint="run.safetensors")
    gradient_clip_val,clip_norm,max_grad_norm PJ clip= \
        tg.train.fit(model, loss, optimizer, (X, labels), epochs=2, clip=1.0)
    validation_freq,validation_steps,validation_batch_size K \
        tg.train.evaluate(model, loss, (X, labels), batch_size=4)
    patience                   KP  \
        tg.train.fit(model, loss, optimizer, (X, labels), (X, labels), epochs=2,\
 early_stopping=tg.train.EarlyStopping(patience=5))
    lr,learning_rate           KS  tg.optim.Adam(model.parameters(), lr=0.01) # the optimizer has it
    """,
    "evaluate": """
    verbose                    K   tg.train.evaluate(model, loss, (X, labels))
    x,y                        K   tg.train.evaluate(model, loss, (X, labels))
    """,
    "predict": """
    verbose,steps              K   tg.train.predict(model, X)
    x                          K   tg.train.predict(model, X)
    """,
    "EarlyStopping": """
    monitor                    KP  optimize=    tg.train.EarlyStopping(optimize="dev_loss")
    mode                       KP  tg.train.EarlyStopping(optimize=("max", "dev_accuracy"))
    restore_best_weights       K   # leave it out: the best parameters are restored anyway
    verbose,baseline,start_from_epoch K tg.train.EarlyStopping(patience=5)
    """,
    "Batches": """
    collate_fn,sampler,batch_sampler,worker_init_fn,persistent_workers,timeout P \
        tg.data.Batches(X, labels, batch_size=2) # batches are rows of arrays
    prefetch_factor            P   prefetch=    tg.data.Batches(X, prefetch=2)
    generator                  P   tg.data.Batches(X, seed=1)
    transform                  P   augment=     tg.data.Batches(X, augment=lambda x, rng: x)
    drop_remainder             K   drop_last=   tg.data.Batches(X, batch_size=5, drop_last=True)
    dataset                    P   tg.data.Batches(X, labels)
    """,
    "split": """
    train_size,left_size       SK  train=       tg.data.split(X, train=0.5, dev=0.25, test=0.25)
    test_size,right_size       SK  test=        tg.data.split(X, train=0.5, dev=0.25, test=0.25)
    val_size,validation_split  K   dev=         tg.data.split(X, train=0.5, dev=0.25, test=0.25)
    lengths                    P   tg.data.split(X, train=0.5, dev=0.25, test=0.25)
    """,
    "Normalize": """
    with_mean,with_std,copy    S   tg.data.Normalize()
    mean,std,variance          PK  tg.data.Normalize().fit(X)
    """,
    "he_normal": """
    a                          P   slope=       tg.nn.init.he_normal((4, 3), slope=0.1)
    mode,nonlinearity          P   tg.nn.init.he_normal((4, 3), slope=0.1)
    """,
    "xavier_normal": """
    gain                       P   tg.nn.init.xavier_normal((4, 3)) * 2.0
    """,
    "Estimator": """
    max_iter,max_epochs,nb_epoch,n_epochs,num_epochs SPK epochs= \
        tg.sklearn.Classifier(network, epochs=5)
    learning_rate_init,learning_rate SK lr=     tg.sklearn.Classifier(network, lr=0.01)
    n_iter_no_change           S   patience=    tg.sklearn.Classifier(network, patience=5)
    solver                     S   optimizer=   \
        tg.sklearn.Classifier(network, optimizer=tg.optim.Adam)
    module,build_fn,estimator  PK  model=       tg.sklearn.Classifier(model=network)
    criterion                  P   loss=        tg.sklearn.Classifier(network, loss=loss)
    validation_split           K   validation_fraction= \
        tg.sklearn.Classifier(network, early_stopping=True, validation_fraction=0.2)
    alpha,weight_decay,l2      SP  \
        tg.sklearn.Classifier(network, optimizer=tg.optim.AdamW, optimizer__weight_decay=0.1)
    hidden_layer_sizes,activation,tol S tg.sklearn.Classifier(network, model__width=16)
    """,
    "search": """
    n_iter,n_trials,max_trials SK  trials=      \
        tg.train.search({"lr": tg.train.log_uniform(1e-4, 1.0)}, lambda lr: lr, trials=3)
    """,
    "render": """
    show_shapes,show_layer_names,rankdir K tg.render(model, X)
    dpi,to_file                K   tg.render(model, X).save("model.svg")
    params                     P   tg.render(model(X))
    """,
    "export": """
    opset_version,target_opset PK  opset=       tg.onnx.export(model, X, opset=18)
    dynamic_shapes             P   dynamic_axes= \
        tg.onnx.export(model, X, dynamic_axes={"x": {0: "batch"}})
    args                       P   tg.onnx.export(model, (X,))
    input_signature,kwargs     KP  tg.onnx.export(model, X)
    f,output_path,filename     PK  path=        tg.onnx.export(model, X, path=None)
    external_data              P   external_above= tg.onnx.export(model, X, external_above=0)
    training                   P   tg.onnx.export(lambda x: model(x), X) # in the model's own mode
    export_params,do_constant_folding,keep_initializers_as_inputs,dynamo,verbose,optimize,report P \
        # leave it out: weights are in the file, and its graph is that of the operations
    """,
}

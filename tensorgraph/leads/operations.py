"""Names of operations, as they are typed at ``tg``: what computes with arrays elsewhere."""

NAMES = {
    "tg": """
    absolute                   PKJN tg.abs(x)
    fabs                       KJN  tg.abs(x)
    neg                        PJ   -x
    sub                        PJ   x - y
    mul                        PJ   x * y
    div                        PJ   x / y
    true_divide                PKJN x / y
    pow,float_power            PJN  x ** y
    mod                        KJN  x % y                  # has the sign of y, as in Python
    fmod                       PKJN x % y                  # has the sign of y, as in Python
    divmod                     JN   divmod(x, y)
    rsqrt                      PKJ  1 / tg.sqrt(x)
    cbrt                       KJN  tg.sign(x) * tg.abs(x) ** (1 / 3)
    invert                     KJN  ~mask
    bitwise_not                PKJN ~mask
    bitwise_count              JN   x.numpy()    # then NumPy's function
    left_shift,right_shift     KJN  x.numpy()    # then NumPy's function
    frac                       P    x - tg.trunc(x)
    modf                       JN   (x - tg.trunc(x), tg.trunc(x))
    rint,around                JN   tg.round(x)             # or tg.trunc(x), towards 0
    fix                        PN   tg.round(x)             # or tg.trunc(x), towards 0
    sgn                        P    tg.sign(x)
    signbit                    PKJN x < 0
    copysign                   PJN  tg.abs(x) * tg.sign(y)
    heaviside                  PKJN (x > 0).astype(x.dtype)
    clamp                      PJ   tg.clip(x, 0, 1)
    clip_by_value              K    tg.clip(x, 0, 1)
    clip_by_norm               K    u / tg.maximum(tg.norm(u), 1.0)
    clamp_min                  P    tg.maximum(x, 0)
    clamp_max                  P    tg.minimum(x, 1)
    fmax                       PKJN tg.max(tg.where(tg.isnan(x), -np.inf, x))
    nanmax                     KJN  tg.max(tg.where(tg.isnan(x), -np.inf, x))
    fmin                       PKJN tg.min(tg.where(tg.isnan(x), np.inf, x))
    nanmin                     KJN  tg.min(tg.where(tg.isnan(x), np.inf, x))
    nansum                     PKJN tg.sum(tg.where(tg.isnan(x), 0, x))
    nanmean                    PKJN tg.sum(tg.where(tg.isnan(x), 0, x)) / tg.sum(~tg.isnan(x))
    nan_to_num                 PKJN tg.where(tg.isfinite(x), x, 0)
    isneginf,isposinf          PKJN tg.isinf(x) & (x < 0)
    isreal                     PKJN # all tensors are real
    isrealobj                  JN   # all tensors are real
    arccos                     PKJN tg.acos(x - x)
    arcsin                     PKJN tg.asin(x - x)
    arctan                     PKJN tg.atan(x)
    arctan2                    PKJN tg.atan2(x, y)
    arccosh                    PKJN tg.acosh(x + 1)
    arcsinh                    PKJN tg.asinh(x)
    arctanh                    PKJN tg.atanh(x - x)
    deg2rad                    PKJN x * np.pi / 180
    radians                    JN   x * np.pi / 180
    rad2deg                    PKJN x * 180 / np.pi
    degrees                    JN   x * 180 / np.pi
    sinc                       PKJN tg.sin(np.pi * x) / (np.pi * x)
    expit                      PJS  tg.sigmoid(x)
    logistic                   JN   tg.sigmoid(x)
    logit                      PJ   tg.log(x / (1 - x))
    erfc                       PKJ  1 - tg.erf(x)
    ndtr                       PJ   0.5 * (1 + tg.erf(x / np.sqrt(2)))
    erfinv                     PKJ  # there is no inverse of erf; declare one with tg.op
    lgamma,digamma             PKJ  # there is no such operation; declare one with tg.op
    gammaln                    PJ   # there is no such operation; declare one with tg.op
    xlogy                      PJ   tg.where(x > 0, x * tg.log(tg.where(x > 0, x, 1)), 0)
    logaddexp2                 PKJN tg.logaddexp(x * np.log(2), y * np.log(2)) / np.log(2)
    lerp                       P    x + 0.5 * (y - x)
    addmm                      P    u + A @ B
    addmv                      P    u + A @ v
    addbmm,baddbmm             P    x + x @ y
    addcmul                    P    x + 0.5 * x * y
    addcdiv                    P    x + 0.5 * x / y
    add_n,accumulate_n         K    x + y

    mm,mv,bmm,chain_matmul     P    A @ B
    multi_dot                  PJN  A @ B @ A
    matvec,vecmat              JN   A @ u
    dot_general                J    A @ u
    dot                        PKJN u @ v                  # of vectors and of matrices
    inner,vdot                 PKJN tg.vecdot(u, v)
    ger                        P    tg.outer(u, v)
    kron                       PKJN (A[:, None, :, None] * B[None, :, None, :]).reshape(9, 9)
    cross                      PKJN tg.roll(tg.roll(u, -1) * v - u * tg.roll(v, -1), -1)
    adjoint                    P    x.mT
    t                          PJ   A.T                    # or tg.permute_dims(x, (0, 2, 1))
    transpose                  PKJN A.T                    # or tg.permute_dims(x, (0, 2, 1))
    permute                    P    tg.permute_dims(x, (0, 2, 1))
    swapaxes                   PKJN x.mT                   # or tg.permute_dims(x, (0, 2, 1))
    swapdims                   P    x.mT                   # or tg.permute_dims(x, (0, 2, 1))
    moveaxis                   PKJN tg.permute_dims(x, (1, 2, 0))
    movedim                    P    tg.permute_dims(x, (1, 2, 0))
    rollaxis                   JN   tg.permute_dims(x, (1, 2, 0))
    det,slogdet                PKJN np.linalg.det(A.numpy()) # without a gradient
    logdet                     PK   np.linalg.det(A.numpy()) # without a gradient
    inverse                    P    np.linalg.inv(A.numpy()) # without a gradient
    inv,pinv                   PKJN np.linalg.inv(A.numpy()) # without a gradient
    solve,lstsq                PKJN np.linalg.solve(A.numpy(), u.numpy()) # without a gradient
    svd,qr                     PKJN np.linalg.svd(A.numpy()) # without a gradient
    lu                         PJ   np.linalg.svd(A.numpy()) # without a gradient
    eig,eigh,cholesky          PKJN np.linalg.eigh((A @ A.T).numpy()) # without a gradient
    eigvals,eigvalsh           PJN  np.linalg.eigh((A @ A.T).numpy()) # without a gradient
    matrix_power               PJN  A @ A @ A
    matrix_exp                 P    # there is no such operation; declare one with tg.op
    expm                       J    # there is no such operation; declare one with tg.op
    matrix_rank                PKJN np.linalg.matrix_rank(A.numpy())
    cdist                      PK   tg.norm(A[:, None] - B[None], axis=-1)
    pdist                      P    tg.norm(A[:, None] - B[None], axis=-1)
    dist                       P    tg.norm(x - y)
    cosine_similarity          P    tg.vecdot(u, v) / (tg.norm(u) * tg.norm(v))
    normalize                  PK   x / tg.norm(x, axis=-1, keepdims=True)
    renorm                     P    u / tg.maximum(tg.norm(u), 1.0)

    cat                        P    tg.concat([x, y], axis=0)
    concatenate                PKJN tg.concat([x, y], axis=0)
    vstack                     PKJN tg.concat([A, B], axis=0)
    row_stack                  PN   tg.concat([A, B], axis=0)
    hstack                     PKJN tg.concat([A, B], axis=1)
    dstack                     PKJN tg.concat([x, y], axis=2)
    column_stack               PJN  tg.stack([u, v], axis=1)
    block                      JN \
        tg.concat([tg.concat([A, B], axis=1), tg.concat([B, A], axis=1)])
    bmat                       N \
        tg.concat([tg.concat([A, B], axis=1), tg.concat([B, A], axis=1)])
    append                     KJN  tg.concat([u, v])
    insert                     JN   tg.concat([u[:1], v, u[1:]])
    delete                     JN   u[np.arange(3) != 1]
    resize                     KJN  tg.reshape(x, (2, -1))
    r_                         JN   tg.concat([u, v])
    c_                         JN   tg.stack([u, v], axis=1)
    ix_                        JN   np.ix_([0, 2], [1, 2])
    s_                         JN   np.s_[1:, 2]
    chunk,tensor_split         P    tg.split(u, 3)
    array_split                KJN  tg.split(u, 3)
    hsplit                     PKJN tg.split(A, 3, axis=1)
    vsplit,dsplit              PKJN tg.split(A, 3, axis=0)
    unbind                     P    tg.unstack(x)
    unsqueeze                  P    tg.expand_dims(x, 0)
    atleast_1d                 PJN  u.reshape(-1)
    atleast_2d,atleast_3d      PJN  u[None]
    view                       K    x.reshape(-1)
    flatten                    P    x.reshape(-1)
    ravel                      PKJN x.reshape(-1)
    unflatten                  P    x.reshape((2, 3, 3, 1))
    broadcast_tensors          P    tg.broadcast_to(u, (3, 3))
    broadcast_arrays           JN   tg.broadcast_to(u, (3, 3))
    repeat_interleave          P    tg.repeat(u, 2)
    rot90                      PKJN tg.flip(A.T, axis=0)
    fliplr                     PKJN tg.flip(A, axis=1)
    flipud                     PKJN tg.flip(A, axis=0)
    reverse                    K    tg.flip(x, axis=0)
    clone                      PJ   x                       # tensors do not change
    copy                       KJN  x                       # tensors do not change
    copy_to_host_async         J    x                       # tensors do not change
    copyto                     N    w.assign(tg.zeros(3))
    select                     PKJN x[:, 0]                 # indices and slices, as in NumPy
    narrow                     P    x[:, 0]                 # indices and slices, as in NumPy
    index_select               P    tg.take(x, [0, 1], axis=0)
    masked_select              P    x[mask]
    masked_fill                P    tg.where(mask, 0.0, x)
    gather                     PJ   tg.take_along_axis(A, index, axis=1)
    gather_nd                  K    A[[0, 1], [1, 2]]
    boolean_mask               K    x[mask]
    extract,compress           JN   x[mask]
    dynamic_slice              J    u[1:3]
    slice                      KJ   u[1:3]
    scatter_add                PJ   tg.add_at(u, [0, 1], 1.0)
    index_add                  P    tg.add_at(u, [0, 1], 1.0)
    segment_sum                KJ   tg.add_at(u, [0, 1], 1.0)
    scatter_update             K    tg.set_at(u, [0, 1], 1.0)
    dynamic_update_slice       J    tg.set_at(u, [0, 1], 1.0)
    tensor_scatter_nd_update   K    tg.set_at(u, [0, 1], 1.0)
    index_put,index_copy,index_fill P    tg.set_at(u, [0, 1], 1.0)
    put                        PJN  tg.set_at(u, [0, 1], 1.0)
    place,put_along_axis,fill_diagonal JN   tg.set_at(u, [0, 1], 1.0)
    putmask                    N    tg.set_at(u, [0, 1], 1.0)
    nonzero                    PKJN np.nonzero(mask.numpy())
    argwhere                   PJN  np.nonzero(mask.numpy())
    flatnonzero                JN   np.nonzero(mask.numpy())
    choose                     JN   tg.where(mask, x, y)
    piecewise                  JN   tg.where(mask, x, y)
    unfold                     PK   tg.windows(images, (3, 3))
    sliding_window_view        N    tg.windows(images, (3, 3))
    fold                       PK   tg.overlap_add(tg.windows(images, (3, 3)), shape=(8, 8))
    unravel_index              PKJN np.unravel_index(4, (3, 3))
    ravel_multi_index          JN   np.unravel_index(4, (3, 3))

    amax                       PKJN tg.max(x, axis=0)
    reduce_max                 KJ   tg.max(x, axis=0)
    amin                       PKJN tg.min(x, axis=0)
    reduce_min                 KJ   tg.min(x, axis=0)
    aminmax                    P    (tg.min(x), tg.max(x))
    reduce_sum                 KJ   tg.sum(x, axis=0)
    reduce_mean                K    tg.mean(x, axis=0)
    average                    KJN  tg.mean(x, axis=0)
    reduce_prod                KJ   tg.prod(x, axis=0)
    reduce_any                 K    tg.any(mask, axis=0)
    reduce_all                 K    tg.all(mask, axis=0)
    alltrue                    N    tg.all(mask, axis=0)
    reduce_std                 K    tg.std(x, axis=0)
    reduce_variance            K    tg.var(x, axis=0)
    reduce_logsumexp           K    tg.logsumexp(x, axis=0)
    std_mean                   P    (tg.std(x), tg.mean(x))
    var_mean                   P    (tg.mean(x, axis=0), tg.var(x, axis=0))
    moments                    K    (tg.mean(x, axis=0), tg.var(x, axis=0))
    ptp                        KJN  tg.max(x) - tg.min(x)
    cumsum                     PKJN tg.cumulative_sum(x, axis=0)
    logcumsumexp               P    tg.log(tg.cumulative_sum(tg.exp(x), axis=0))
    cumprod                    PKJN tg.exp(tg.cumulative_sum(tg.log(x), axis=0)) # where x > 0
    cumulative_prod            JN   tg.exp(tg.cumulative_sum(tg.log(x), axis=0)) # where x > 0
    cummax,cummin              PJ   np.maximum.accumulate(x.numpy()) # without a gradient
    diff                       PKJN u[1:] - u[:-1]
    ediff1d                    JN   u[1:] - u[:-1]
    gradient                   PJN  (u[2:] - u[:-2]) / 2    # differences; for derivatives, tg.grad
    trapezoid                  PKJN ((u[1:] + u[:-1]) / 2).sum()
    trapz                      PN   ((u[1:] + u[:-1]) / 2).sum()
    median,nanmedian           PKJN tg.sort(u)[1]          # the middle of 3
    quantile,nanquantile       PKJN np.quantile(x.numpy(), 0.5) # without a gradient
    percentile                 KJN  np.quantile(x.numpy(), 0.5) # without a gradient
    mode                       P    np.bincount(labels).argmax()
    topk                       P    tg.sort(x, axis=-1, descending=True)[..., :2]
    top_k                      KJ   tg.sort(x, axis=-1, descending=True)[..., :2]
    in_top_k                   K \
        (tg.argsort(logits, descending=True)[:, :2] == labels[:, None]).any(axis=1)
    kthvalue                   P    tg.sort(x, axis=-1)[..., 1]
    partition                  JN   tg.sort(x, axis=-1)[..., 1]
    argpartition               KJN  tg.argsort(x)
    lexsort                    JN   tg.argsort(x)
    msort                      P    tg.sort(x, axis=0)
    unique                     PKJN np.unique(labels)
    unique_consecutive         P    np.unique(labels)
    bincount                   PKJN np.bincount(labels)
    histc                      P    np.histogram(x.numpy())
    histogram                  PKJN np.histogram(x.numpy())
    searchsorted               PKJN np.searchsorted([0.0, 1.0], x.numpy())
    bucketize                  P    np.searchsorted([0.0, 1.0], x.numpy())
    digitize                   KJN  np.searchsorted([0.0, 1.0], x.numpy())
    interp                     JN \
        np.interp(u.numpy(), [0.0, 1.0], [2.0, 3.0]) # without a gradient
    polyval                    JN   (u[:, None] ** np.arange(3)) @ v
    polyfit                    JN   np.polyfit(u.numpy(), v.numpy(), 1)
    count_nonzero              PKJN tg.sum(x != 0)
    cov                        PJN  (A - A.mean(axis=0)).T @ (A - A.mean(axis=0)) / 2
    corrcoef                   PKJN np.corrcoef(A.numpy())  # without a gradient
    convolve                   JN   tg.conv(x, kernel) # does not flip the kernel
    correlate                  KJN  tg.conv(x, kernel) # does not flip the kernel
    isclose                    PKJN np.isclose(x, y)
    array_equal                JN   np.array_equal(x, y)
    isin                       PKJN np.isin(labels, [0, 1])
    isscalar                   JN   x.ndim == 0
    eq                         PJ   x == y
    ne                         PJ   x != y
    gt                         PJ   x > y
    ge                         PJ   x >= y
    lt                         PJ   x < y
    le                         PJ   x <= y

    hardtanh                   P    tg.clip(x, 0, 6)
    relu6                      PKJ  tg.clip(x, 0, 6)
    hardsigmoid                P    tg.clip(x / 6 + 0.5, 0, 1)
    hard_sigmoid               KJ   tg.clip(x / 6 + 0.5, 0, 1)
    hardswish                  P    x * tg.clip(x / 6 + 0.5, 0, 1)
    hard_swish,hard_silu       KJ   x * tg.clip(x / 6 + 0.5, 0, 1)
    swish                      KJ   tg.silu(x)
    mish                       PKJ  x * tg.tanh(tg.softplus(x))
    selu                       PKJ  1.0507 * tg.elu(x, alpha=1.67326)
    celu                       PKJ  tg.elu(x / 2, alpha=1.0) * 2
    glu                        PKJ  tg.split(A.mT @ tg.ones((3, 4)), 2, axis=1)[0]
    prelu                      P    tg.where(x > 0, x, 0.1 * x)
    threshold                  PK   tg.where(x > 0.5, x, 0.0)
    softsign                   PK   x / (1 + tg.abs(x))
    soft_sign                  J    x / (1 + tg.abs(x))
    softmin                    P    tg.softmax(-x, axis=-1)
    softshrink,hardshrink      P    tg.sign(x) * tg.relu(tg.abs(x) - 0.5)
    tanhshrink                 P    x - tg.tanh(x)
    logsigmoid                 P    tg.log_sigmoid(x)
    gumbel_softmax             P \
        tg.softmax(x - tg.log(-tg.log(tg.random.uniform(x.shape))), axis=-1)
    standardize                J    tg.center(x, axis=0) / tg.std(x, axis=0, keepdims=True)
    conv1d,conv2d,conv3d       P    tg.conv(images, tg.ones((2, 4, 3, 3)))
    conv_transpose1d,conv_transpose2d P \
        tg.conv_transpose(images, tg.ones((4, 1, 3, 3)), shape=(10, 10))
    max_pool1d,max_pool2d      P    tg.max_pool(images, 2)
    avg_pool1d,avg_pool2d      P    tg.avg_pool(images, 2)
    average_pool               K    tg.avg_pool(images, 2)
    adaptive_avg_pool2d        P    images.mean(axis=(2, 3))
    adaptive_max_pool2d        P    images.max(axis=(2, 3))
    interpolate,upsample       P    tg.repeat(tg.repeat(images, 2, axis=2), 2, axis=3)
    pixel_shuffle              P \
        images.reshape((2, 1, 2, 2, 8, 8)).permute_dims((0, 1, 4, 2, 5, 3)).reshape((2, 1, 16, 16))
    depth_to_space             K \
        images.reshape((2, 1, 2, 2, 8, 8)).permute_dims((0, 1, 4, 2, 5, 3)).reshape((2, 1, 16, 16))
    layer_norm                 P    tg.nn.LayerNorm(3)(x)
    batch_norm                 P    tg.nn.BatchNorm(4)(images)
    rms_norm                   P    tg.nn.RMSNorm(3)(x)
    embedding                  P    A[labels]
    embedding_lookup           K    A[labels]
    to_categorical             K    tg.one_hot(labels, 3)
    """,
}

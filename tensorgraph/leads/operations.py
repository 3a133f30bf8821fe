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
    divmod                     JN   divmod(x, y)
    rsqrt                      PKJ  1 / tg.sqrt(x)
    invert                     KJN  ~mask
    bitwise_not                PKJN ~mask
    bitwise_count              JN   # there is no such operation; NumPy's takes x.numpy()
    left_shift,right_shift     KJN  # there is no such operation; NumPy's takes x.numpy()
    frac                       P    x - tg.trunc(x)
    modf                       JN   (x - tg.trunc(x), tg.trunc(x))
    rint,around                JN   tg.round(x)
    fix                        PN   tg.trunc(x)
    sgn                        P    tg.sign(x)
    rsub                       P    y - x
    ldexp                      PJ   x * 2.0**y
    resolve_conj,resolve_neg,conj_physical P x              # all tensors are real
    clamp                      PJ   tg.clip(x, 0, 1)
    clip_by_value              K    tg.clip(x, 0, 1)
    clip_by_norm               K    u / tg.maximum(tg.norm(u), 1.0)
    clamp_min                  P    tg.maximum(x, 0)
    clamp_max                  P    tg.minimum(x, 1)
    fmax                       PKJN tg.where(tg.isnan(x) | (y > x), y, x)
    fmin                       PKJN tg.where(tg.isnan(x) | (y < x), y, x)
    isneginf                   PKJN tg.isinf(x) & (x < 0)
    isposinf                   PKJN tg.isinf(x) & (x > 0)
    isreal                     PKJN # all tensors are real
    isrealobj                  JN   # all tensors are real
    arccos                     PKJN tg.acos(x)
    arcsin                     PKJN tg.asin(x)
    arctan                     PKJN tg.atan(x)
    arctan2                    PKJN tg.atan2(x, y)
    arccosh                    PKJN tg.acosh(x)
    arcsinh                    PKJN tg.asinh(x)
    arctanh                    PKJN tg.atanh(x)
    radians                    JN   tg.deg2rad(x)
    degrees                    JN   tg.rad2deg(x)
    expit                      PJS  tg.sigmoid(x)
    logistic                   JN   tg.sigmoid(x)
    lgamma,loggamma            PKJS tg.gammaln(x)
    multigammaln,mvlgamma      PJS \
        tg.gammaln(x + 1) + tg.gammaln(x + 0.5) + np.log(np.pi) / 2 # at x + 1, of d = 2
    psi                        PS   tg.digamma(x)
    beta                       JS   tg.exp(tg.betaln(x, y))
    gamma                      JS   tg.exp(tg.gammaln(x))   # of positive numbers
    gammainc,gammaincc,zeta    JS   # there is no such operation; declare one with tg.op
    jv,yv,kv                   S    # there is no such operation; declare one with tg.op
    rel_entr                   JS   tg.xlogy(x, x / y)
    entr                       JS   -tg.xlogy(x, x)
    ndtri                      PJS  2**0.5 * tg.erfinv(2 * x - 1)
    erfcinv                    S    tg.erfinv(1 - x)        # of tiny x see log_ndtr
    comb,binom                 S \
        tg.exp(-tg.betaln(1 + x - y, 1 + y)) / (1 + x)
    elementwise_grad           J    tg.vmap(tg.grad(f))
    erfcx                      PS   2 * tg.exp(tg.log_ndtr(-x * 2**0.5) + x * x)
    logaddexp2                 PKJN tg.logaddexp(x * np.log(2), y * np.log(2)) / np.log(2)
    lerp                       P    x + 0.5 * (y - x)
    addmm                      P    u + A @ B
    addmv                      P    u + A @ v
    addbmm,baddbmm             P    x + x @ y
    addcmul                    P    x + 0.5 * x * y
    addcdiv                    P    x + 0.5 * x / y
    add_n,accumulate_n         K    x + y

    mm,mv,bmm,chain_matmul     P    A @ B
    matvec                     JN   A @ u
    vecmat                     JN   u @ A
    dot_general                J    A @ u
    dot                        PKJN u @ v                  # of vectors and of matrices
    inner,vdot                 PKJN tg.vecdot(u, v)
    ger                        P    tg.outer(u, v)
    adjoint                    P    x.mT
    t                          PJ   A.T                    # or tg.permute_dims(x, (0, 2, 1))
    transpose                  PKJN A.T                    # or tg.permute_dims(x, (0, 2, 1))
    permute                    P    tg.permute_dims(x, (0, 2, 1))
    swapdims                   P    x.mT                   # or tg.permute_dims(x, (0, 2, 1))
    movedim                    P    tg.permute_dims(x, (1, 2, 0))
    rollaxis                   JN   tg.permute_dims(x, (1, 2, 0))
    logdet                     PK   tg.linalg.logabsdet(A)
    inverse                    P    tg.linalg.inv(A)
    cholesky_ex                P    tg.linalg.cholesky(S)   # which raises a LinAlgError
    cho_factor                 JS   tg.linalg.cholesky(S)   # the lower factor
    cho_solve,cholesky_solve   PJS \
        tg.linalg.solve_triangular(S, tg.linalg.solve_triangular(S, u), transpose=True)
    triangular_solve           PJ   tg.linalg.solve_triangular(S, u)
    lu_factor,lu_solve         PJS  tg.linalg.solve(S, u)
    sqrtm                      JS \
        (lambda w, V: (V * tg.sqrt(w)) @ V.mT)(*tg.linalg.eigh(S)) # of a symmetric matrix
    block_diag                 PJS  tg.block([[A, tg.zeros((3, 3))], [tg.zeros((3, 3)), B]])
    toeplitz                   JS \
        u[np.abs(np.arange(3)[:, None] - np.arange(3))] # a symmetric one
    eig                        PKJN np.linalg.eig(A.numpy()) # without a gradient
    eigvals                    PJN  np.linalg.eigvals(A.numpy()) # without a gradient
    matrix_exp                 P    tg.linalg.expm(A)
    addr                       P    A + tg.outer(u, v)
    pinverse                   P    tg.linalg.pinv(A)
    cholesky_inverse           P    tg.linalg.inv(S)
    lu,lu_unpack               PJ   tg.linalg.qr(A)         # of an LU there is no gradient
    svd_lowrank,pca_lowrank    P    tg.linalg.svd(A)
    sparse_mask,to_sparse,to_dense P x                      # all tensors are dense
    cdist                      PK   tg.norm(A[:, None] - B[None], axis=-1)
    pdist                      P    tg.norm(A[:, None] - B[None], axis=-1)
    dist                       P    tg.norm(x - y)
    cosine_similarity          P    tg.nn.cosine_similarity(A, B, axis=-1)
    pairwise_distance          P    tg.nn.pairwise_distance(A, B)
    normalize                  PK   x / tg.norm(x, axis=-1, keepdims=True)
    renorm                     P    u / tg.maximum(tg.norm(u), 1.0)

    cat                        P    tg.concat([x, y], axis=0)
    concatenate                PKJN tg.concat([x, y], axis=0)
    row_stack                  PN   tg.concat([A, B], axis=0)
    bmat                       N \
        tg.concat([tg.concat([A, B], axis=1), tg.concat([B, A], axis=1)])
    r_                         JN   tg.concat([u, v])
    c_                         JN   tg.stack([u, v], axis=1)
    s_                         JN   np.s_[1:, 2]
    chunk,tensor_split         P    tg.split(u, 3)
    unbind                     P    tg.unstack(x)
    unsqueeze                  P    tg.expand_dims(x, 0)
    view                       K    x.reshape(-1)
    flatten                    P    x.reshape(-1)
    broadcast_tensors          P    tg.broadcast_to(u, (3, 3))
    repeat_interleave          P    tg.repeat(u, 2)
    reverse                    K    tg.flip(x, axis=0)
    clone,detach_copy,alias_copy,lift_fresh PJ x            # tensors do not change
    view_copy,reshape_copy     P    x.reshape(-1)
    expand_copy                P    tg.broadcast_to(u, (3, 3))
    squeeze_copy               P    tg.squeeze(x[:1], axis=0)
    unsqueeze_copy             P    tg.expand_dims(x, 0)
    permute_copy               P    tg.permute_dims(x, (0, 2, 1))
    transpose_copy             P    tg.swapaxes(x, 0, 1)
    t_copy                     P    A.T
    diagonal_copy              P    tg.linalg.diagonal(A)
    narrow_copy                P    x[:, 0]
    unbind_copy                P    tg.unstack(x)
    unfold_copy                P    tg.windows(images, (3, 3))
    sum_to_size                P    tg.sum(x, axis=0, keepdims=True)
    take_along_dim             P    tg.take_along_axis(A, index, axis=1)
    constant_pad_nd            P    tg.pad(u, (1, 2))
    split_with_sizes,split_with_sizes_copy P tg.split(u, [1])  # where to cut, not how long
    unsafe_split,unsafe_chunk  P    tg.split(u, 3)
    select_scatter             P    tg.set_at(A, (slice(None), 1), u)
    slice_scatter              P    tg.set_at(u, slice(1, 3), 0.0)
    diagonal_scatter           P    tg.set_at(A, (np.arange(3), np.arange(3)), u)
    masked_scatter             P    tg.set_at(u, [True, False, True], v[:2])
    index_reduce               P    tg.max_at(u, [0, 1], 1.0) # or min_at, multiply_at, segment_mean
    combinations               P    u[np.array([[0, 1], [0, 2], [1, 2]])] # itertools.combinations
    as_strided                 PN   tg.windows(u, 2)        # views of one memory have no gradient
    copy                       KJN  x                       # tensors do not change
    copy_to_host_async         J    x                       # tensors do not change
    copyto                     N    w.assign(tg.zeros(3))
    narrow                     P    x[:, 0]                 # indices and slices, as in NumPy
    index_select               P    tg.take(x, [0, 1], axis=0)
    masked_select              P    x[mask]
    masked_fill                P    tg.where(mask, 0.0, x)
    gather                     PJ   tg.take_along_axis(A, index, axis=1)
    gather_nd                  K    A[[0, 1], [1, 2]]
    boolean_mask               K    x[mask]
    dynamic_slice              J    u[1:3]
    slice                      KJ   u[1:3]
    scatter_add                PJ   tg.add_at(u, [0, 1], 1.0)
    scatter_reduce             P    tg.max_at(u, [0, 1], 1.0) # or min_at, multiply_at, segment_max
    index_add                  P    tg.add_at(u, [0, 1], 1.0)
    scatter_update             K    tg.set_at(u, [0, 1], 1.0)
    dynamic_update_slice       J    tg.set_at(u, [0, 1], 1.0)
    tensor_scatter_nd_update   K    tg.set_at(u, [0, 1], 1.0)
    index_put,index_copy,index_fill P    tg.set_at(u, [0, 1], 1.0)
    put                        PJN  tg.set_at(u, [0, 1], 1.0)
    place                      JN   tg.where(mask, 1.0, x)
    fill_diagonal              JN   tg.set_at(A, (np.arange(3), np.arange(3)), 1.0)
    putmask                    N    tg.where(mask, 1.0, x)
    unfold                     PK   tg.nn.unfold(images, 3) # or tg.windows
    sliding_window_view        N    tg.windows(images, (3, 3))
    fold                       PK   tg.overlap_add(tg.windows(images, (3, 3)), shape=(8, 8))
    unravel_index              PKJN np.unravel_index(4, (3, 3))
    ravel_multi_index          JN   np.ravel_multi_index((1, 1), (3, 3))

    amax                       PKJN tg.max(x, axis=0)
    reduce_max                 KJ   tg.max(x, axis=0)
    amin                       PKJN tg.min(x, axis=0)
    reduce_min                 KJ   tg.min(x, axis=0)
    aminmax                    P    (tg.min(x), tg.max(x))
    reduce_sum                 KJ   tg.sum(x, axis=0)
    reduce_mean                K    tg.mean(x, axis=0)
    reduce_prod                KJ   tg.prod(x, axis=0)
    reduce_any                 K    tg.any(mask, axis=0)
    reduce_all                 K    tg.all(mask, axis=0)
    alltrue                    N    tg.all(mask, axis=0)
    reduce_std                 K    tg.std(x, axis=0)
    reduce_variance            K    tg.var(x, axis=0)
    reduce_logsumexp           K    tg.logsumexp(x, axis=0)
    std_mean                   P    (tg.std(x), tg.mean(x))
    var_mean                   P    (tg.var(x), tg.mean(x))
    moments                    K    (tg.mean(x, axis=0), tg.var(x, axis=0))
    cumsum                     PKJN tg.cumulative_sum(x, axis=0)
    cumprod                    PKJN tg.cumulative_prod(x, axis=0)
    cummax                     PJ   tg.cumulative_max(x, axis=0)
    cummin                     PJ   tg.cumulative_min(x, axis=0)
    nancumsum                  JN \
        tg.cumulative_sum(tg.where(tg.isnan(x), 0.0, x), axis=0)
    nancumprod                 JN \
        tg.cumulative_prod(tg.where(tg.isnan(x), 1.0, x), axis=0)
    nanargmax                  JN   tg.argmax(tg.where(tg.isnan(x), -np.inf, x))
    nanargmin                  JN   tg.argmin(tg.where(tg.isnan(x), np.inf, x))
    associative_scan           J \
        tg.cumulative_sum(x, axis=0) # or cumulative_prod, cumulative_max, linear_recurrence
    ediff1d                    JN   tg.increments(u)
    trapz                      PN   tg.trapezoid(u)
    mode                       P    np.bincount(labels).argmax()
    top_k                      KJ   tg.topk(x, 2)
    in_top_k                   K \
        (tg.argsort(logits, descending=True)[:, :2] == labels[:, None]).any(axis=1)
    partition                  JN   tg.sort(x, axis=-1)
    argpartition               KJN  tg.argsort(x)
    lexsort                    JN   np.lexsort((v.numpy(), u.numpy()))
    msort                      P    tg.sort(x, axis=0)
    unique                     PKJN tg.unique_values(labels)
    unique_consecutive         P    np.unique(labels)
    histc                      P    tg.histogram(x)
    bucketize                  P    tg.searchsorted([0.0, 1.0], x)
    digitize                   KJN  tg.searchsorted([0.0, 1.0], x, side="right")
    polyval                    JN   tg.vander(u, 3) @ v
    polyfit                    JN   np.polyfit(u.numpy(), v.numpy(), 1)
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

    hard_sigmoid               KJ   tg.hardsigmoid(x)
    hard_swish,hard_silu       KJ   tg.hardswish(x)
    swish                      KJ   tg.silu(x)
    prelu                      P    tg.where(x > 0, x, w * x) # or a layer: tg.nn.PReLU(3)
    soft_sign                  J    tg.softsign(x)
    softmin                    P    tg.softmax(-x, axis=-1)
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
    adaptive_avg_pool1d,adaptive_avg_pool2d,adaptive_avg_pool3d P tg.nn.AdaptiveAvgPool(4)(images)
    adaptive_max_pool1d,adaptive_max_pool2d,adaptive_max_pool3d P tg.nn.AdaptiveMaxPool(4)(images)
    interpolate,upsample,upsample_nearest P tg.nn.interpolate(images, scale=2)
    upsample_bilinear          P \
        tg.nn.interpolate(images, scale=2, mode="linear", align_corners=True)
    grid_sample,affine_grid,grid_sampler_2d,grid_sampler_3d P \
        # there is no such operation: values between pixels are tg.interp's, along one axis
    pixel_shuffle              P    tg.nn.PixelShuffle(2)(images)
    pixel_unshuffle            P    tg.nn.PixelUnshuffle(2)(images)
    depth_to_space             K    tg.nn.PixelShuffle(2)(images)
    layer_norm,native_layer_norm P  tg.nn.LayerNorm(3)(x)
    batch_norm,native_batch_norm P  tg.nn.BatchNorm(4)(images)
    group_norm,native_group_norm P  tg.nn.GroupNorm(2, 4)(images)
    instance_norm              P    tg.nn.InstanceNorm(4)(images)
    max_unpool1d,max_unpool2d,max_unpool3d P \
        tg.nn.MaxUnpool2d(2)(*tg.nn.MaxPool2d(2, return_indices=True)(images))
    embedding_bag              P    tg.nn.EmbeddingBag(10, 4)([1, 2, 3], offsets=[0, 2])
    alpha_dropout,feature_alpha_dropout P tg.nn.Dropout(keep_prob=0.8)(x) # of single elements
    dropout1d,dropout2d,dropout3d P images * tg.nn.Dropout(keep_prob=0.8)(tg.ones((2, 4, 1, 1)))
    soft_margin_loss           P    tg.softplus(-u * [1.0, -1.0, 1.0]).mean() # labels −1 and 1
    multilabel_soft_margin_loss P   tg.nn.losses.multi_label(scores, targets)
    rms_norm                   P    tg.nn.RMSNorm(3)(x)
    embedding                  P    A[labels]
    embedding_lookup           K    A[labels]
    to_categorical             K    tg.one_hot(labels, 3)
    """,
    "tg.linalg": """
    inv_ex                     P    tg.linalg.inv(S)        # which raises a LinAlgError
    solve_ex                   P    tg.linalg.solve(S, u)   # which raises a LinAlgError
    lu,lu_factor_ex            P    tg.linalg.qr(A)         # of an LU there is no gradient
    tensorinv                  PN \
        tg.linalg.inv(tg.eye(4) * 2.0).reshape((2, 2, 2, 2))
    tensorsolve                PN \
        tg.linalg.solve(tg.eye(4) * 2.0, tg.ones(4)).reshape((2, 2))
    """,
    "tg.fft": """
    hfft                       PJN  tg.fft.irfft(A[:, :2] * [1.0, -1.0], norm="forward")
    ihfft                      PJN  tg.fft.rfft(u, norm="forward") * [1.0, -1.0]
    dct,idct                   JS \
        # there is no such operation; write D @ x, for D = scipy.fft.dct(np.eye(n), axis=0)
    """,
    "np": """
    hfft                       N \
        tg.fft.irfft(A[:, :2] * [1.0, -1.0], norm="forward") # of real and imaginary parts
    ihfft                      N \
        tg.fft.rfft(u, norm="forward") * [1.0, -1.0] # real and imaginary parts in pairs
    fft,rfft                   N    tg.fft.rfft(u)         # real and imaginary parts in pairs
    fft2,rfft2                 N    tg.fft.rfft2(A)        # real and imaginary parts in pairs
    fftn,rfftn                 N    tg.fft.rfftn(A)        # real and imaginary parts in pairs
    ifft,irfft                 N    tg.fft.irfft(A[:, :2]) # of real and imaginary parts in pairs
    ifft2,irfft2,ifftn,irfftn  N \
        tg.fft.irfft2(tg.fft.rfft2(A)) # of real and imaginary parts in pairs
    """,
}

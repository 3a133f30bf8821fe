"""Names that are typed at tensors: what ``torch.Tensor``, ``jax.Array`` and ``np.ndarray`` have."""

NAMES = {
    "Tensor": """
    eval                       K    x.numpy()               # computed when it is made
    values                     S    x.numpy()
    flat                       N    x.reshape(-1)
    view                       PJN  x.reshape(2, -1)
    view_as                    P    x.reshape(2, -1)
    unflatten,reshape_as       P    x.reshape((2, 3, 3, 1))
    resize                     PN   x.reshape(2, -1)
    resize_                    P    x.reshape(2, -1)
    permute,swapdims           P    x.mT # or x.permute_dims((0, 2, 1))
    t,H                        P    A.T
    adjoint,mH                 P    x.mT
    movedim,moveaxis           P    x.permute_dims((1, 2, 0))
    unsqueeze                  P    x.expand_dims(0)
    unsqueeze_                 P    x.expand_dims(0)        # tensors do not change: x = …
    squeeze_                   P    x.squeeze()             # tensors do not change: x = …
    t_                         P    A.T                     # tensors do not change: A = …
    transpose_                 P    x.mT                    # tensors do not change: x = …
    expand,expand_as,broadcast_to P    tg.broadcast_to(u, (3, 3))
    repeat_interleave          P    u.repeat(2)
    fliplr,flipud              P    x.flip(axis=0)
    roll,tile                  P    tg.roll(x, 1, axis=0)
    chunk,tensor_split         P    tg.split(u, 3)
    unbind                     P    tg.unstack(x)
    narrow,select              P    x[:, 0]                 # indices and slices, as in NumPy
    unfold                     P    tg.windows(images, (3, 3))
    contiguous,is_contiguous   P \
        x                       # how it lies in memory is NumPy's matter
    mm,bmm,matmul,mv           P    x @ y
    ger                        P    tg.outer(u, v)
    inner,vdot                 P    tg.vecdot(u, v)
    addmm,addmv                P    u + A @ B
    pow                        P    x ** y
    add                        P    x + y
    sub,subtract               P    x - y
    mul,multiply               P    x * y
    div,divide,true_divide     P    x / y
    floor_divide               P    x // y
    fmod                       P    tg.fmod(x, y)
    remainder                  P    x % y
    neg,negative               P    -x
    absolute                   P    x.abs()
    rsqrt                      P    1 / x.sqrt()
    clamp                      P    x.clip(0, 1)
    clamp_min                  P    tg.maximum(x, 0)
    clamp_max                  P    tg.minimum(x, 1)
    eq                         P    x == y
    ne                         P    x != y
    gt                         P    x > y
    ge                         P    x >= y
    lt                         P    x < y
    le                         P    x <= y
    equal                      P    bool((x == y).all())    # tg.equal compares element by element
    allclose                   P    tg.allclose(x, y)
    isclose                    P    np.isclose(x, y)
    logical_not,bitwise_not    P    ~mask
    arccos                     P    tg.acos(x)
    arcsin                     P    tg.asin(x)
    arctan                     P    tg.atan(x)
    arctan2                    P    tg.atan2(x, y)
    frac                       P    x - tg.trunc(x)
    lerp                       P    x + 0.5 * (y - x)
    logit                      P    tg.logit(x)
    diff                       P    tg.increments(u)
    amax                       P    x.max(axis=0)
    amin                       P    x.min(axis=0)
    nansum                     P    tg.nansum(x)
    ptp                        JN   tg.ptp(x)
    median                     P    tg.median(x)
    quantile                   P    tg.quantile(x, 0.5)
    topk                       P    tg.topk(x, 2)
    kthvalue                   P    tg.kthvalue(x, 2)
    partition                  N    x.sort(axis=-1)[..., 1]
    argpartition               JN   x.argsort()
    unique                     P    tg.unique_values(x)
    bincount                   P    tg.bincount(labels)
    searchsorted               JN   tg.searchsorted([0.0, 1.0], x)
    argwhere                   P    tg.argwhere(mask)
    count_nonzero              P    tg.count_nonzero(x)
    trace                      PJN  tg.linalg.trace(A)
    diagonal                   PJN  tg.linalg.diagonal(A)
    diag                       P    tg.diag(A)
    det                        P    tg.linalg.det(A)
    svd                        P    tg.linalg.svd(A)
    inverse                    P    tg.linalg.inv(A)
    cholesky                   P    tg.linalg.cholesky(S)
    dim,ndimension             P    x.ndim
    numel,nelement             P    x.size
    nbytes,itemsize            PJN  x.numpy().nbytes     # an array of NumPy's
    strides,flags              N    x.numpy().nbytes     # an array of NumPy's
    element_size               P    x.dtype.itemsize
    tobytes                    JN   x.numpy().tobytes()
    tofile,dump                N    x.numpy().tobytes()
    cpu,cuda,xpu,pin_memory    P    x                       # all is computed by NumPy, on the CPU
    devices,sharding           J    # all is computed by NumPy, on the CPU: leave it out
    is_cuda,is_cpu             P    # all is computed by NumPy, on the CPU: leave it out
    block_until_ready          J    x                       # nothing is computed later
    to                         P    x.astype("float64")     # there is the CPU only
    type,type_as               P    x.astype("float64")
    float                      P    x.astype("float32")
    double                     P    x.astype("float64")
    half,bfloat16              P    x.astype("float16")
    long                       P    x.astype("int64")
    int                        P    x.astype("int32")
    short,char,byte            P    x.astype("int16")
    bool                       P    x.astype("bool")
    is_floating_point          P    x.dtype.kind == "f"
    is_complex                 P    # there are real tensors only
    imag,real,conj             PJN  # there are real tensors only
    conjugate                  JN   # there are real tensors only
    clone                      PJ   x                       # tensors do not change
    detach_                    P    x.detach()
    data_ptr,storage,untyped_storage,is_shared P    x.numpy().ctypes.data
    gather                     P    tg.take_along_axis(A, index, axis=1)
    index_select               P    tg.take(x, [0, 1], axis=0)
    masked_select              P    x[mask]
    masked_fill                P    tg.where(mask, 0.0, x)
    masked_fill_,masked_scatter_ P    w.assign(tg.where(w > 0, 0.0, w))
    scatter_add,index_add      P    tg.add_at(u, [0, 1], 1.0)
    scatter,index_put,index_fill,index_copy P    tg.set_at(u, [0, 1], 1.0)
    scatter_,scatter_add_,index_add_,index_put_,index_fill_,index_copy_ P \
        tg.set_at(u, [0, 1], 1.0)
    at                         J \
        tg.set_at(u, 0, 1.0)    # for u.at[0].set(1.0); tg.add_at for add
    put                        PN   tg.set_at(u, 0, 1.0)
    itemset,setfield           N    tg.set_at(u, 0, 1.0)
    fill                       N    tg.full_like(x, 1.0)
    zero_                      P    w.assign(tg.zeros(3))   # of a gradient: w.zero_grad()
    fill_                      P    w.assign(tg.full(3, 1.0))
    copy_,set_                 P    w.assign(u.detach())
    assign_add                 K    w.assign(w.data + 1.0)
    assign_sub                 K    w.assign(w.data - 1.0)
    add_                       P    w.assign(w.data + 1.0)
    sub_                       P    w.assign(w.data - 1.0)
    mul_                       P    w.assign(w.data * 2.0)
    div_                       P    w.assign(w.data / 2.0)
    pow_                       P    w.assign(w.data ** 2.0)
    addcmul_,addcdiv_,lerp_    P    w.assign(w.data + 0.1 * w.data)
    clamp_,clip_               P    w.assign(w.data.clip(-1.0, 1.0))
    normal_                    P    w.assign(tg.random.normal(w.shape))
    uniform_,random_           P    w.assign(tg.random.uniform(w.shape))
    bernoulli_                 P    w.assign(tg.random.bernoulli(0.5, w.shape))
    requires_grad_             P    tg.tensor(X, requires_grad=True) # or w.requires_grad = True
    retains_grad               P    w.is_leaf               # leaves have their .grad
    grad_fn                    P    (w * 2).node
    gradient                   K    tg.gradients(cost(w), [w])
    register_post_accumulate_grad_hook P    w.register_hook(lambda g: None)
    new_zeros                  P    tg.zeros((2, 3), dtype=x.dtype)
    new_ones                   P    tg.ones((2, 3), dtype=x.dtype)
    new_full                   P    tg.full((2, 3), 1.0, dtype=x.dtype)
    new_empty                  P    tg.zeros((2, 3), dtype=x.dtype)
    new_tensor                 P    tg.tensor(X, dtype=x.dtype)
    apply_,map_                P    tg.tensor([f(row).item() for row in A])
    value                      K    x.data
    get_shape                  K    x.shape
    """,
}

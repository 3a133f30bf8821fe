"""Names that are typed at ``tg`` and at ``tg.random``: what ``torch``, ``jax`` and ``np`` have."""

NAMES = {
    "tg": """
    Function                   P \
        tg.custom_gradient(lambda x: (x**3, lambda g: 3 * g * x**2))
    version                    PKJ  tg.__version__
    grad_and_value             P    tg.value_and_grad(f)
    array                      KJN  tg.tensor([1.0, 2.0])
    asanyarray                 N    tg.tensor([1.0, 2.0])
    from_numpy                 P    tg.tensor(X)            # a copy; tg.asarray(X) shares memory
    from_dlpack                PJN  tg.tensor(X)            # a copy; tg.asarray(X) shares memory
    as_tensor                  P    tg.asarray(X)
    convert_to_tensor          K    tg.asarray(X)
    ascontiguousarray          N    tg.asarray(X)
    frombuffer                 PJN  tg.tensor(np.fromiter(range(3), float))
    fromiter                   JN   tg.tensor(np.fromiter(range(3), float))
    fromfunction               JN   tg.tensor(np.fromfunction(lambda i, j: i + j, (2, 2)))
    Variable                   PK   tg.tensor(X, requires_grad=True)
    constant                   K    tg.tensor(X)
    cast                       PK   x.astype("float32")
    FloatTensor                P    tg.tensor(X, dtype="float32")
    DoubleTensor               P    tg.tensor(X, dtype="float64")
    HalfTensor                 P    tg.tensor(X, dtype="float16")
    LongTensor                 P    tg.tensor(labels, dtype="int64")
    IntTensor                  P    tg.tensor(labels, dtype="int32")
    BoolTensor                 P    tg.tensor(labels, dtype="bool")
    float                      P    tg.float32
    double                     PN   tg.float64
    half                       PN   tg.float16
    long                       PN   tg.int64
    int                        P    tg.int32
    bool_                      JN   tg.bool
    bfloat16                   PJ   tg.float16              # NumPy has no such format
    ndarray                    JN   tg.Tensor
    Array                      J    tg.Tensor
    is_tensor                  PK   isinstance(x, tg.Tensor)
    is_floating_point          P    x.dtype.kind == "f"
    is_complex                 P    # there are real tensors only
    iscomplexobj               JN   # there are real tensors only
    complex                    PJ   # there are real tensors only: keep a tensor for each part
    real,imag,conj,angle       PKJN # there are real tensors only
    polar                      PKJ  # there are real tensors only: keep a tensor for each part
    view_as_real,view_as_complex PK   # there are real tensors only: keep a tensor for each part
    empty                      PKJN tg.zeros((2, 3))
    empty_like                 PKJN tg.zeros_like(x)
    logspace                   PKJN tg.tensor(np.logspace(0, 2, 5))
    geomspace                  KJN  tg.tensor(np.geomspace(1, 100, 5))
    range                      PK   tg.arange(0, 10)
    diagflat                   PKJN tg.diag(u.reshape(-1))
    mgrid,ogrid                JN   tg.tensor(np.mgrid[0:3, 0:2])
    cartesian_prod             P    np.stack(np.meshgrid([1, 2], [3, 4]), axis=-1).reshape(-1, 2)
    rand                       PN   tg.random.uniform((2, 3))
    randn                      PN   tg.random.normal((2, 3))
    rand_like                  P    tg.random.uniform(x.shape)
    randn_like                 P    tg.random.normal(x.shape)
    normal                     PKJN tg.random.normal((2, 3), mean=0.0, std=1.0)
    standard_normal            N    tg.random.normal((2, 3), mean=0.0, std=1.0)
    truncated_normal           KJ   tg.random.normal((2, 3), std=0.1).clip(-0.2, 0.2)
    randint                    PKJN tg.random.uniform((2, 3), 0, 10).astype("int64")
    randint_like               P    tg.random.uniform((2, 3), 0, 10).astype("int64")
    randperm                   P    tg.random.permutation(10)
    bernoulli                  PJ   tg.random.bernoulli(0.5, (2, 3))
    multinomial                PJN  np.random.default_rng(0).choice(3, size=5, p=[0.2, 0.3, 0.5])
    categorical                PKJ  np.random.default_rng(0).choice(3, size=5, p=[0.2, 0.3, 0.5])
    poisson                    PJN  tg.tensor(np.random.default_rng(0).poisson(3.0, size=5))
    manual_seed                P    tg.random.seed(0)
    set_random_seed            K    tg.random.seed(0)
    default_rng,RandomState    N    tg.random.Generator(0)
    PRNGKey                    J    tg.random.Generator(0)
    get_rng_state              P    tg.random.default_generator().state_dict()
    set_rng_state              P    tg.random.default_generator().load_state_dict(random_state)
    Size                       P    tuple(x.shape)
    numel                      P    x.size
    shape                      KJN  x.shape
    ndim                       KJN  x.ndim
    rank                       K    x.ndim
    size                       KJN  x.size
    device                     PK   # all is computed by NumPy, on the CPU: leave it out
    set_default_device         P    # all is computed by NumPy, on the CPU: leave it out
    devices,default_backend,device_get,block_until_ready J    # there is the CPU only: leave it out
    device_put                 J    tg.tensor(X)            # there is the CPU only
    cuda,mps,xpu,backends      P    # all is computed by NumPy, on the CPU: leave it out
    set_default_dtype          P    tg.tensor(X, dtype="float64") # dtypes are given one by one
    set_default_tensor_type    P    tg.tensor(X, dtype="float64") # dtypes are given one by one
    get_default_dtype          P    tg.tensor(1.0).dtype
    set_floatx                 K    tg.tensor(X, dtype="float64") # dtypes are given one by one
    dtype                      PKJN np.dtype("float32")
    finfo                      PJN  np.finfo(x.dtype)
    iinfo                      PJN  np.iinfo("int64")
    set_printoptions           PJN  np.set_printoptions(precision=4)
    printoptions               JN   np.printoptions(precision=4)
    set_num_threads,get_num_threads P    # set OMP_NUM_THREADS in the environment, as for NumPy
    seterr,errstate            N    tg.debug()              # says where a NaN or an infinity arose
    set_detect_anomaly         P    tg.debug()              # a block: with tg.debug():
    set_grad_enabled,inference_mode P    tg.no_grad()         # a block: with tg.no_grad():
    autograd                   P    tg.gradients(cost(w), [w]) # or cost(w).backward(), tg.grad(f)
    GradientTape               K    tg.gradients(cost(w), [w]) # recorded anyway
    func                       P    tg.grad(f)              # or tg.jvp, tg.vjp, tg.hessian
    jacfwd                     PJ   tg.jacobian(f, mode="forward")
    jacrev                     PJ   tg.jacobian(f, mode="reverse")
    linearize                  PJ   tg.jvp(f, (u,), (v,))
    custom_vjp,custom_jvp      J \
        tg.custom_gradient(lambda x: (x**3, lambda g: 3 * g * x**2))
    custom_root,custom_linear_solve J \
        tg.implicit(lambda z, x: z * z - x, lambda x: np.sqrt(x.numpy()))(u)
    remat                      KJ   tg.checkpoint(f)
    vectorized_map             K    tg.vmap(f)(A)
    vectorize                  KJN  tg.vmap(f)(A)           # operations broadcast anyway
    pmap,shard_map             J    # there is one process: call the function itself
    apply_along_axis           JN   tg.vmap(f)(A)           # or in_axes=1 for columns
    map                        KJ   tg.vmap(f)(A)           # or tg.stack([f(row) for row in A])
    map_fn                     K    tg.vmap(f)(A)           # or tg.stack([f(row) for row in A])
    while_loop                 PKJ  # write a Python loop: it is recorded as it runs; or tg.scan
    cond                       PKJ  # write a Python if; to choose by element, tg.where(mask, x, y)
    switch                     KJ   # write a Python if; to choose by element, tg.where(mask, x, y)
    lax                        J    # loops and ifs are Python's, the rest is under tg: tg.exp(x)
    jit                        PJ   tg.compile(f)
    function                   PK   tg.compile(f)
    fx,make_fx                 P    tg.trace(f, u)
    export                     PKJ  tg.trace(f, u)
    make_jaxpr,eval_shape      J    tg.trace(f, u)
    tree_util,tree_map,nest    KJ   tg.tree.map(lambda p: 2 * p, {"w": w})
    tree_leaves,tree_flatten   J    tg.tree.leaves({"w": w})
    tree_structure             J    tg.tree.structure({"w": w})
    flatten_util,ravel_pytree  J    tg.tree.ravel({"w": w})
    parameters_to_vector       P    tg.tree.ravel(model.parameters())
    profiler                   PJ   tg.profile()            # a block: with tg.profile() as p:
    autocast,amp,GradScaler    P    # there is no automatic mixed precision: leave it out
    distributed                PJ   # there is one process: leave it out
    multiprocessing            P    # there is one process: leave it out
    sharding                   J    # there is one process: leave it out
    hub,quantization,ao        P    # there is no such thing here
    sparse                     PKJ  # there is no such thing here
    save                       PJN  tg.train.save("model.safetensors", model=model)
    load                       PJN  tg.train.load("model.safetensors", model=model)
    load_model                 K    tg.train.load("model.safetensors", model=model)
    loadtxt,genfromtxt         N    tg.tensor(np.loadtxt("table.txt"))
    utils                      PK   tg.data.Batches(X, Y)   # for torch.utils.data
    numpy                      KJ   tg.exp(x)               # what jnp has stands under tg
    backend                    K    tg.exp(x)               # operations stand under tg
    math                       PK   tg.exp(x)               # operations stand under tg
    special                    P    tg.erf(x)               # operations stand under tg
    functional                 P    tg.relu(x)              # losses stand in tg.nn.losses
    stft                       PK   # there is no Fourier transform; declare one with tg.op
    layers                     K    tg.nn.Linear(3, 4)      # layers stand in tg.nn
    models                     K    tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.ReLU())
    Model                      K    tg.nn.Module            # class Net(tg.nn.Module): … forward
    Layer                      K    tg.nn.Module            # class Net(tg.nn.Module): … forward
    Input                      K    # leave it out: layers say what they take, tg.nn.Linear(3, 4)
    activations                K    tg.relu(x)
    initializers               KJ   tg.nn.Linear(3, 4, init=tg.nn.init.he_normal)
    regularizers               K    tg.nn.l2_penalty(model, 0.1, m=4)
    constraints                PK   tg.nn.max_norm(model, 3.0)
    metrics                    K    tg.diagnose.accuracy(predictions, labels)
    optimizers                 K    tg.optim.Adam(model.parameters(), lr=0.001)
    optax                      J    tg.optim.Adam(model.parameters(), lr=0.001)
    callbacks                  K    tg.train.EarlyStopping(patience=5)
    keras K \
        tg.nn.Linear(3, 4)      # layers stand in tg.nn, fit and predict in tg.train
    saving                     K    tg.train.save("model.safetensors", model=model)
    datasets,applications      K    # there are no data sets or models to download
    preprocessing              K    tg.data.augment.flip()
    image                      KJ   tg.data.augment.flip()
    plot_model                 K    tg.render(model, X)
    make_dot                   P    tg.render(model(X))
    gradcheck,gradgradcheck    P    tg.testing.gradcheck(f, np.ones(3))
    check_grads                J    tg.testing.gradcheck(f, np.ones(3))
    """,
    "tg.tree": """
    flatten                    KJ   tg.tree.leaves([u, v])  # and tg.tree.structure([u, v])
    map_structure              K    tg.tree.map(tg.exp, [u, v])
    reduce                     J    sum(x.sum() for x in tg.tree.leaves([u, v]))
    unravel                    J    tg.tree.ravel([u, v])[1] # the vector comes first
    """,
    "tg.random": """
    manual_seed                P    tg.random.seed(0)
    set_seed                   K    tg.random.seed(0)
    PRNGKey,key                J    tg.random.Generator(0)
    SeedGenerator              K    tg.random.Generator(0)
    default_rng,RandomState,SFC64,PCG64 N    tg.random.Generator(0)
    split                      PJ   [tg.random.Generator(seed) for seed in range(2)]
    fold_in                    J    [tg.random.Generator(seed) for seed in range(2)]
    rand,random                PN   tg.random.uniform((2, 3))
    random_sample              N    tg.random.uniform((2, 3))
    randn                      PN   tg.random.normal((2, 3))
    standard_normal            N    tg.random.normal((2, 3))
    truncated_normal           KJ   tg.random.normal((2, 3), std=0.1).clip(-0.2, 0.2)
    randint                    PKJN tg.random.uniform((2, 3), 0, 10).astype("int64")
    integers                   N    tg.random.uniform((2, 3), 0, 10).astype("int64")
    randperm                   P    tg.random.permutation(10)
    shuffle                    KN   X[tg.random.permutation(len(X)).numpy()]
    choice                     JN   labels[tg.random.permutation(len(labels)).numpy()[:2]]
    binomial                   PKJN (tg.random.uniform((5, 10)) < 0.3).sum(axis=1)
    categorical                KJ   np.random.default_rng(0).choice(3, size=5, p=[0.2, 0.3, 0.5])
    multinomial                PJN  np.random.default_rng(0).choice(3, size=5, p=[0.2, 0.3, 0.5])
    exponential                JN   -tg.log(tg.random.uniform((2, 3), 1e-7, 1.0))
    gumbel                     JN   -tg.log(-tg.log(tg.random.uniform((2, 3), 1e-7, 1.0)))
    laplace                    JN \
        tg.tensor(np.random.default_rng(0).laplace(size=(2, 3)))
    dirichlet                  JN \
        tg.tensor(np.random.default_rng(0).dirichlet([1.0, 2.0], 5))
    cauchy                     J \
        tg.tensor(np.random.default_rng(0).standard_cauchy((2, 3)))
    gamma                      KJN \
        tg.tensor(np.random.default_rng(0).gamma(2.0, size=(2, 3)))
    beta                       KJN \
        tg.tensor(np.random.default_rng(0).beta(1.0, 2.0, (2, 3)))
    poisson                    PJN \
        tg.tensor(np.random.default_rng(0).poisson(3.0, 5))
    multivariate_normal        JN   tg.random.normal((5, 3)) @ A.T
    dropout                    PK   tg.nn.Dropout(keep_prob=0.8)
    get_rng_state              P    tg.random.default_generator().state_dict()
    get_state                  N    tg.random.default_generator().state_dict()
    set_rng_state              P    tg.random.default_generator().load_state_dict(random_state)
    set_state                  N    tg.random.default_generator().load_state_dict(random_state)
    """,
    "Generator": """
    normal                     N    tg.random.normal((2, 3), generator=generator)
    standard_normal            N    tg.random.normal((2, 3), generator=generator)
    uniform                    N    tg.random.uniform((2, 3), 0.0, 1.0, generator=generator)
    random                     N    tg.random.uniform((2, 3), generator=generator)
    integers                   N \
        tg.random.uniform((2, 3), 0, 10, generator=generator).astype("int64")
    permutation                N    tg.random.permutation(10, generator=generator)
    shuffle                    N    X[tg.random.permutation(len(X), generator=generator).numpy()]
    choice                     N \
        generator.draw(lambda rng: rng.choice(3, size=5)) # rng is NumPy's
    poisson                    N \
        generator.draw(lambda rng: rng.poisson(3.0, size=5)) # rng is NumPy's
    exponential                N \
        generator.draw(lambda rng: rng.exponential(1.0, size=5)) # rng is NumPy's
    gamma                      N \
        generator.draw(lambda rng: rng.gamma(2.0, size=5)) # rng is NumPy's
    beta                       N \
        generator.draw(lambda rng: rng.beta(1.0, 2.0, size=5)) # rng is NumPy's
    binomial                   N \
        generator.draw(lambda rng: rng.binomial(10, 0.3, size=5)) # rng is NumPy's
    laplace                    N \
        generator.draw(lambda rng: rng.laplace(size=5)) # rng is NumPy's
    dirichlet                  N \
        generator.draw(lambda rng: rng.dirichlet([1.0, 2.0], size=5)) # rng is NumPy's
    multinomial                N \
        generator.draw(lambda rng: rng.multinomial(10, [0.3, 0.7])) # rng is NumPy's
    manual_seed                P    generator.seed(0)
    initial_seed               P    generator.state_dict()
    get_state                  P    generator.state_dict()
    set_state                  P    generator.load_state_dict(random_state)
    """,
}

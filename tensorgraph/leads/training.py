"""Names that are typed at the rooms around the gradient, and at their objects."""

NAMES = {
    "tg.optim": """
    lr_scheduler               P    tg.optim.schedules.cosine(0.1, steps=100) # SGD(…, lr=…)
    ASGD                       P \
        tg.optim.EMA(model.parameters(), decay=lambda t: t / (t + 1)) # of SGD's weights
    Ftrl                       K    # there is no such rule; write class Ftrl(tg.optim.Optimizer)
    AdamWScheduleFree          P    tg.optim.ScheduleFreeAdamW(model.parameters())
    SGDScheduleFree            P    tg.optim.ScheduleFreeSGD(model.parameters(), lr=0.1)
    SparseAdam                 P    tg.optim.Adam(model.parameters())
    AMSGrad,amsgrad            KJ   tg.optim.Adam(model.parameters(), amsgrad=True)
    Lookahead,lookahead        KJ \
        tg.optim.ScheduleFreeSGD(model.parameters(), lr=0.1) # averages, too; Lookahead is not here
    Lamb                       K    tg.optim.LAMB(model.parameters())
    adadelta                   J    tg.optim.Adadelta(model.parameters())
    adamax                     J    tg.optim.Adamax(model.parameters())
    radam                      J    tg.optim.RAdam(model.parameters())
    schedule_free_adamw        J    tg.optim.ScheduleFreeAdamW(model.parameters())
    schedule_free_sgd          J    tg.optim.ScheduleFreeSGD(model.parameters(), lr=0.1)
    Nadam                      K    tg.optim.NAdam(model.parameters())
    nadam                      J    tg.optim.NAdam(model.parameters())
    adagrad                    J    tg.optim.Adagrad(model.parameters())
    rmsprop                    J    tg.optim.RMSprop(model.parameters())
    Momentum,MomentumOptimizer K    tg.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    lamb                       J    tg.optim.LAMB(model.parameters())
    lars                       J    tg.optim.LARS(model.parameters(), lr=0.1)
    adamw                      J    tg.optim.AdamW(model.parameters())
    noisy_sgd                  J    tg.optim.SGD(model.parameters(), lr=0.1)
    apply_updates,chain        J    optimizer.step()        # an optimizer sets its parameters
    swa_utils,AveragedModel    P \
        tg.optim.EMA(model.parameters(), decay=lambda t: t / (t + 1))
    ExponentialMovingAverage   K    tg.optim.EMA(model.parameters(), decay=0.999)
    clip_grad_norm_            P    tg.optim.clip_by_global_norm(model.parameters(), 1.0)
    clip_grad_value_           P    tg.optim.clip_by_value(model.parameters(), 0.5)
    add_decayed_weights        J    tg.optim.AdamW(tg.optim.decay_groups(model, weight_decay=0.01))
    legacy,get                 K    tg.optim.Adam(model.parameters())
    """,
    "tg.optim.schedules": """
    LRScheduler                P    lambda step: 0.1 / (step + 1)
    LearningRateSchedule,LearningRateScheduler K    lambda step: 0.1 / (step + 1)
    LambdaLR,MultiplicativeLR  P    lambda step: 0.1 * 0.95**step
    StepLR,step                P    tg.optim.schedules.staircase(0.1, 0.5, every=10)
    multistep                  P \
        tg.optim.schedules.join([lambda step: 0.1, lambda step: 0.01], [100])
    noam                       P \
        tg.optim.schedules.warmup(tg.optim.schedules.inverse_sqrt(0.1), 100)
    linear_warmup              P \
        tg.optim.schedules.warmup(tg.optim.schedules.constant(0.1), 10)
    cosine_annealing           P    tg.optim.schedules.cosine(0.1, steps=100)
    MultiStepLR                P \
        tg.optim.schedules.join([lambda step: 0.1, lambda step: 0.01], [100])
    PiecewiseConstantDecay     K \
        tg.optim.schedules.join([lambda step: 0.1, lambda step: 0.01], [100])
    piecewise_constant_schedule J \
        tg.optim.schedules.join([lambda step: 0.1, lambda step: 0.01], [100])
    ExponentialLR              P    tg.optim.schedules.exponential(0.1, 0.95)
    ExponentialDecay           K    tg.optim.schedules.exponential(0.1, 0.95)
    exponential_decay          J    tg.optim.schedules.exponential(0.1, 0.95)
    InverseTimeDecay           K    tg.optim.schedules.inverse_time(0.1, 0.01)
    CosineAnnealingLR          P \
        tg.optim.schedules.cosine(0.1, steps=100)
    CosineDecay                K \
        tg.optim.schedules.cosine(0.1, steps=100)
    cosine_decay_schedule      J \
        tg.optim.schedules.cosine(0.1, steps=100)
    CosineAnnealingWarmRestarts P    tg.optim.schedules.cosine_restarts(0.1, steps=100)
    CosineDecayRestarts        K    tg.optim.schedules.cosine_restarts(0.1, steps=100)
    sgdr_schedule              J    tg.optim.schedules.cosine_restarts(0.1, steps=100)
    OneCycleLR                 P    tg.optim.schedules.one_cycle(0.1, steps=100)
    CyclicLR                   P    tg.optim.schedules.cyclic(0.1, peak=0.5, steps=100)
    SWALR                      P    tg.optim.schedules.linear(0.1, steps=100, final=0.05)
    cosine_onecycle_schedule   J    tg.optim.schedules.one_cycle(0.1, steps=100)
    LinearLR                   P    tg.optim.schedules.linear(0.01, steps=10, final=0.1)
    linear_schedule            J    tg.optim.schedules.linear(0.01, steps=10, final=0.1)
    warmup_cosine_decay_schedule J \
        tg.optim.schedules.warmup(tg.optim.schedules.constant(0.1), 10)
    ConstantLR                 P    tg.optim.schedules.constant(0.1)
    constant_schedule          J    tg.optim.schedules.constant(0.1)
    PolynomialLR               P    tg.optim.schedules.polynomial(0.1, steps=100)
    PolynomialDecay            K    tg.optim.schedules.polynomial(0.1, steps=100)
    polynomial_schedule        J    tg.optim.schedules.polynomial(0.1, steps=100)
    SequentialLR,ChainedScheduler P \
        tg.optim.schedules.join([lambda step: 0.1, lambda step: 0.01], [100])
    join_schedules             J \
        tg.optim.schedules.join([lambda step: 0.1, lambda step: 0.01], [100])
    ReduceLROnPlateau          PK   tg.optim.schedules.Plateau(0.1) # and see(…), in a callback
    reduce_on_plateau          J    tg.optim.schedules.Plateau(0.1) # and see(…), in a callback
    """,
    "Optimizer": """
    param_groups               P    optimizer.groups        # the rate of all: optimizer.lr = 0.01
    add_param_group            P    tg.optim.Adam([{"params": model.parameters(), "lr": 0.01}])
    learning_rate              K    optimizer.lr            # as a number: current_lr()
    minimize                   K    optimizer.step()        # after zero_grad and cost.backward()
    apply_gradients            KJ   optimizer.step()        # after zero_grad and cost.backward()
    apply                      K    optimizer.step()        # after zero_grad and cost.backward()
    init                       J    optimizer.state_dict()  # an optimizer has its state
    iterations                 K    optimizer.steps
    state                      P    optimizer.state_dict()
    variables,get_config       K    optimizer.state_dict()
    register_step_pre_hook,register_step_post_hook P    optimizer.step()
    """,
    "Schedule": """
    step                       P    optimizer.step()        # which asks its lr for the rate
    get_last_lr,get_lr         P    optimizer.current_lr()
    last_epoch                 P    optimizer.steps
    state_dict,load_state_dict P    optimizer.state_dict()  # has the steps, on which it depends
    """,
    "Plateau": """
    step                       P    rate.see(metric)        # after each epoch
    num_bad_epochs,best,state_dict,load_state_dict P    rate.events # all that it saw
    """,
    "EMA": """
    step,update_parameters     P    ema.update()            # after optimizer.step()
    average_parameters,swap_ema_weights PK ema.averaged()   # a block
    apply_shadow,store,restore,copy_to P ema.averaged()     # a block
    module                     P    ema.averaged()          # a block in which the model is that
    """,
    "LBFGS": """
    minimize                   K    lbfgs.step(lambda: loss(model(X), labels))
    param_groups,groups        P    # there are none: all parameters have one rate
    """,
    "tg.data": """
    load_iris,load_digits,load_wine,fetch_openml S # there are no data sets to download
    make_moons                 S    tg.data.toy.moons(300)
    make_circles               S    tg.data.toy.circles(300)
    make_blobs                 S    tg.data.toy.blobs(300, classes=3)
    make_gaussian_quantiles    S    tg.data.toy.gaussian_quantiles(300)
    mnist,cifar10,fashion_mnist K   # there are no data sets to download
    MNIST,CIFAR10,FashionMNIST P    # there are no data sets to download
    DataLoader                 P    tg.data.Batches(X, labels, batch_size=2)
    Dataset,IterableDataset,StackDataset P    tg.data.Batches(X, labels) # of arrays
    TensorDataset              P    tg.data.Batches(X, labels)
    Subset,SubsetRandomSampler P    tg.data.Batches(X, labels, indices=[0, 2])
    ConcatDataset,ChainDataset P    tg.data.Batches(np.concatenate([X, X]))
    random_split               P    tg.data.split(X, labels, train=0.5, dev=0.25, test=0.25)
    train_test_split           S    tg.data.split(X, labels, train=0.5, dev=0.25, test=0.25)
    split_dataset              K    tg.data.split(X, labels, train=0.5, dev=0.25, test=0.25)
    StratifiedShuffleSplit,StratifiedKFold S    tg.data.split(X, labels, shuffle=True)
    GroupShuffleSplit,GroupKFold S    tg.data.split(X, groups=np.arange(12) // 2)
    KFold,cross_val_score      S    tg.data.split(X, labels, seed=1) # another seed, other sets
    from_tensor_slices,PyDataset,Sequence K    tg.data.Batches(X, labels)
    Sampler,RandomSampler      P    tg.data.Batches(X, labels, shuffle=True)
    DistributedSampler         P    tg.data.Batches(X, labels, shards=8)
    SequentialSampler          P    tg.data.Batches(X, labels, shuffle=False)
    BatchSampler,WeightedRandomSampler P    tg.data.Batches(X, indices=[0, 1, 1])
    default_collate,get_worker_info P    tg.data.Batches(X, labels) # batches are rows of arrays
    StandardScaler             S    tg.data.Normalize().fit(X)
    Normalization              K    tg.data.Normalize().fit(X)
    MinMaxScaler,RobustScaler  S    tg.data.Normalize().fit(X)
    LabelEncoder               S    tg.data.Classes.of(["cat", "dog", "cat"])
    OneHotEncoder,LabelBinarizer S    tg.data.Classes.of(["cat", "dog"]).one_hot(["dog"])
    MultiLabelBinarizer        S    tg.data.Tags.of([["red", "car"], ["car"]])
    to_categorical             K    np.eye(3)[labels]
    transforms                 P \
        tg.data.augment.compose(tg.data.augment.flip(), tg.data.augment.noise(0.1))
    ImageDataGenerator,image_dataset_from_directory K \
        tg.data.Batches(X, augment=lambda x, rng: x)
    pad_sequences              K    np.pad([1, 2], (0, 3))
    """,
    "tg.data.augment": """
    Compose                    P    tg.data.augment.compose(tg.data.augment.flip())
    RandomHorizontalFlip,horizontal_flip P    tg.data.augment.flip(p=0.5)
    RandomFlip                 K    tg.data.augment.flip(p=0.5)
    RandomVerticalFlip,vertical_flip P    tg.data.augment.flip(direction="vertical")
    RandomCrop,CenterCrop      PK   tg.data.augment.crop(8, padding=1)
    RandomResizedCrop          P    tg.data.augment.crop(8, padding=1)
    RandomRotation             PK   tg.data.augment.rotate(10)
    RandomAffine               P    tg.data.augment.shift(2)
    RandomTranslation          K    tg.data.augment.shift(2)
    RandomErasing              PK   tg.data.augment.cutout(2)
    Cutout                     P    tg.data.augment.cutout(2)
    ColorJitter                P    tg.data.augment.brightness(0.2)
    RandomBrightness           K    tg.data.augment.brightness(0.2)
    GaussianNoise              PK   tg.data.augment.noise(0.1)
    ToTensor,PILToTensor       P    # leave it out: batches are arrays, which models take
    Normalize                  P    tg.data.Normalize().fit(X)
    """,
    "Batches": """
    dataset                    P    batches.arrays
    sampler,batch_sampler      P    tg.data.Batches(X, shuffle=False)
    batch,repeat,map K \
        tg.data.Batches(X, batch_size=2, shuffle=True, prefetch=1)
    take                       K    [batch for batch, _ in zip(batches, range(2))]
    """,
    "tg.distributed": """
    init_process_group,init    PKJ  tg.distributed.world()  # mpiexec -n 2 python train.py
    initialize                 J    tg.distributed.world()  # mpiexec -n 2 python train.py
    destroy_process_group      P    # leave it out: processes end together
    get_rank,rank,local_rank   PK   tg.distributed.world().rank
    get_world_size,size        PK   tg.distributed.world().size
    is_initialized,is_available P    tg.distributed.world().size > 1
    all_reduce,AllReduce       PK   tg.distributed.allreduce(x)
    psum                       J    tg.distributed.allreduce(x)
    all_gather,all_gather_into_tensor PJ   tg.distributed.allgather(x)
    all_gather_object,gather   P    tg.distributed.world().gather({"run": 7})
    broadcast_object_list      P    tg.distributed.world().broadcast({"run": 7})
    barrier                    P    tg.distributed.world().gather(None)
    DistributedDataParallel    P    tg.distributed.DataParallel(model, optimizer)
    DistributedOptimizer       K    tg.distributed.DataParallel(model, optimizer)
    MirroredStrategy           K    tg.distributed.DataParallel(model, optimizer)
    convert_sync_batchnorm     P    tg.distributed.SyncBatchNorm.convert(model)
    DistributedSampler         P    tg.data.Batches(X, labels, shards=8)
    """,
    "tg.train": """
    Trainer,LightningModule,train P    tg.train.fit(model, loss, optimizer, (X, labels), epochs=5)
    Model,compile              K    tg.train.fit(model, loss, optimizer, (X, labels), epochs=5)
    ModelCheckpoint            PK \
        tg.train.fit(model, loss, optimizer, (X, labels), epochs=1, checkpoint="run.safetensors")
    BackupAndRestore           K \
        tg.train.fit(model, loss, optimizer, (X, labels), epochs=1, checkpoint="run.safetensors")
    LearningRateScheduler,ReduceLROnPlateau K \
        tg.optim.schedules.Manual(0.1) # as an optimizer's lr
    CSVLogger                  K \
        tg.train.fit(model, loss, optimizer, (X, labels), epochs=1).to_csv("history.csv")
    TensorBoardLogger,SummaryWriter P tg.train.TensorBoard("runs")
    MLFlowLogger,MLFlowCallback P  # tg.train.MLflow("digits"), one of fit's callbacks
    WandbLogger                P    # tg.train.WandB(project="digits"), one of fit's callbacks
    WandbCallback,WandbMetricsLogger K # tg.train.WandB(project="digits"), one of fit's callbacks
    ProgbarLogger,RemoteMonitor K \
        tg.train.fit(model, loss, optimizer, (X, labels), epochs=1).plot()
    LambdaCallback             K    lambda run: None        # callbacks=[…] of tg.train.fit
    Callback                   PK   lambda run: None        # callbacks=[…] of tg.train.fit
    TerminateOnNaN             K    # leave it out: tg.train.fit stops at a NaN and says where
    load_model                 K    tg.train.load("model.safetensors", model=model)
    save_model,save_weights    K    tg.train.save("model.safetensors", model=model)
    load_state_dict            P    tg.train.load("model.safetensors", model=model)
    LRFinder,lr_find           P \
        tg.train.lr_range_test(model, loss, optimizer, (X, labels), steps=10)
    GridSearchCV,RandomizedSearchCV S \
        tg.train.search({"lr": tg.train.log_uniform(1e-4, 1.0)}, lambda lr: lr, trials=3)
    RandomSearch               K \
        tg.train.search({"lr": tg.train.log_uniform(1e-4, 1.0)}, lambda lr: lr, trials=3)
    validation_curve           S \
        tg.train.search({"lr": tg.train.log_uniform(1e-4, 1.0)}, lambda lr: lr, trials=3)
    loguniform                 S    tg.train.log_uniform(1e-4, 1.0)
    """,
    "History": """
    history                    K    history["train_loss"]   # a history is a mapping itself
    epoch                      K    history["epoch"]
    params,model               K    history.keys()
    """,
    "EarlyStopping": """
    stopped_epoch   K    history.best(("min", "train_loss"))
    """,
    "tg.diagnose": """
    mae                        K    float(tg.nn.losses.l1(u, v))
    mse                        K    float(tg.nn.losses.mse(u, v))
    rmse                       K    float(tg.sqrt(tg.nn.losses.mse(u, v)))
    root_mean_squared_error    S    float(tg.sqrt(tg.nn.losses.mse(u, v)))
    RootMeanSquaredError       K    float(tg.sqrt(tg.nn.losses.mse(u, v)))
    roc_curve                  S    tg.diagnose.roc_auc(scores, targets) # the area under it
    top_k_accuracy_score       S \
        (tg.argsort(logits, descending=True)[:, :2] == labels[:, None]).any(axis=1).numpy().mean()
    top_k_accuracy,TopKCategoricalAccuracy K \
        (tg.argsort(logits, descending=True)[:, :2] == labels[:, None]).any(axis=1).numpy().mean()
    accuracy_score             S \
        tg.diagnose.accuracy(predictions, labels)
    Accuracy,BinaryAccuracy,SparseCategoricalAccuracy,CategoricalAccuracy K \
        tg.diagnose.accuracy(predictions, labels)
    balanced_accuracy_score    S    tg.diagnose.recall(predictions, labels, average="macro")
    precision_score            S    tg.diagnose.precision(predictions, labels, average="macro")
    Precision                  K    tg.diagnose.precision(predictions, labels, average="macro")
    recall_score               S    tg.diagnose.recall(predictions, labels, average="macro")
    Recall                     K    tg.diagnose.recall(predictions, labels, average="macro")
    f1_score                   S    tg.diagnose.f1(predictions, labels, average="macro")
    F1Score                    K    tg.diagnose.f1(predictions, labels, average="macro")
    fbeta_score                S    tg.diagnose.f_beta(predictions, labels, 2.0, average="macro")
    FBetaScore                 K    tg.diagnose.f_beta(predictions, labels, 2.0, average="macro")
    precision_recall_fscore_support,classification_report S \
        tg.diagnose.confusion_matrix(predictions, labels)
    ConfusionMatrixDisplay,multilabel_confusion_matrix S \
        tg.diagnose.confusion_matrix(predictions, labels)
    roc_auc_score,auc          S    tg.diagnose.roc_auc(scores, targets)
    AUC                        K    tg.diagnose.roc_auc(scores, targets)
    brier_score_loss           S    tg.diagnose.brier_score(probabilities, targets)
    calibration_curve,CalibrationDisplay S    tg.diagnose.calibration(probabilities, targets)
    mean_squared_error         KS   float(tg.nn.losses.mse(u, v))
    MeanSquaredError           K    float(tg.nn.losses.mse(u, v))
    mean_absolute_error        KS   float(tg.nn.losses.l1(u, v))
    MeanAbsoluteError          K    float(tg.nn.losses.l1(u, v))
    r2_score                   S    1 - float(((u - v) ** 2).sum() / ((v - v.mean()) ** 2).sum())
    zero_one_loss              S    1 - tg.diagnose.accuracy(predictions, labels)
    """,
    "tg.sklearn": """
    MLPClassifier              S    tg.sklearn.Classifier(network, model__width=16)
    MLPRegressor               S    tg.sklearn.Regressor(network, model__width=16)
    LogisticRegression,SGDClassifier S    tg.sklearn.Classifier(network, model__width=16)
    KerasClassifier            K    tg.sklearn.Classifier(network, model__width=16)
    KerasRegressor             K    tg.sklearn.Regressor(network, model__width=16)
    NeuralNetClassifier,NeuralNetBinaryClassifier P tg.sklearn.Classifier(network, model__width=16)
    NeuralNetRegressor         P    tg.sklearn.Regressor(network, model__width=16)
    """,
    "tg.testing": """
    assert_allclose,assert_array_almost_equal,assert_almost_equal PN \
        tg.testing.assert_close(x, x.numpy())
    assert_array_equal,assert_equal N    np.testing.assert_array_equal(labels, labels)
    gradgradcheck              P    tg.testing.gradcheck(f, np.ones(3), order=2)
    check_grads                J    tg.testing.gradcheck(f, np.ones(3), order=2)
    """,
}

"""Programs with unusual data, optimizers and ways of training."""

import copy
import functools
import threading

import keras
import numpy as np
from keras import layers, ops
from program import (
    BACKEND,
    BATCH,
    SIZE,
    X,
    Y,
    dense,
    fit,
    program,
    results_of,
    sequential,
)

GRAPHS = ("tensorflow", "jax")


def network(**options):
    return sequential(dense(activation="tanh"), **options)


def own(model_class, **options):
    model = model_class([keras.Input((4,)), dense(activation="tanh")])
    model.compile(**{"optimizer": "sgd", "loss": "mse"} | options)
    return model


@program(probe="recorded")
def an_ordinary_network(*callbacks):
    return fit(network(optimizer="adam", metrics=["mae"]), *callbacks,
               validation_split=0.3)  # fmt: skip


@program(probe="recorded")
def several_batches_per_execution(*callbacks):
    options = {"steps_per_execution": 2} if BACKEND != "torch" else {}
    return fit(network(**options), *callbacks)


@program(backends=GRAPHS)
def just_in_time_compilation(*callbacks):
    return fit(network(jit_compile=True), *callbacks)


@program(probe="recorded")
def eager_training(*callbacks):
    return fit(network(run_eagerly=True), *callbacks)


@program()
def a_generator_that_ends_early(*callbacks):
    def batches():
        for start in range(0, SIZE, BATCH):
            yield X[start : start + BATCH], Y[start : start + BATCH]

    import warnings

    with warnings.catch_warnings():
        # Keras warns of it.
        warnings.filterwarnings("ignore", "Your input ran out of data", UserWarning)
        return fit(network(), *callbacks, x=batches(), y=None, batch_size=None,
                   steps_per_epoch=2, epochs=3, shuffle=False)  # fmt: skip


@program()
def a_python_dataset(*callbacks):
    class Batches(keras.utils.PyDataset):
        def __len__(self):
            return SIZE // BATCH

        def __getitem__(self, index):
            rows = slice(index * BATCH, (index + 1) * BATCH)
            return X[rows], Y[rows], np.arange(BATCH, dtype="float32")

    return fit(network(), *callbacks, x=Batches(), y=None, batch_size=None)


@program(backends=("torch",))
def a_data_loader(*callbacks):
    import torch

    data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y))
    loader = torch.utils.data.DataLoader(data, BATCH, shuffle=True)
    return fit(network(), *callbacks, x=loader, y=None, batch_size=None,
               shuffle=False)  # fmt: skip


@program()
def weights_of_classes(*callbacks):
    model = network(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return fit(model, *callbacks, y=np.arange(SIZE) % 2, class_weight={0: 1.0, 1: 3.0})


@program()
def a_partial_last_batch(*callbacks):
    return fit(network(), *callbacks, x=X[:10], y=Y[:10])


@program()
def gradient_accumulation(*callbacks):
    optimizer = keras.optimizers.Adam(gradient_accumulation_steps=2)
    return fit(network(optimizer=optimizer), *callbacks, epochs=3)


@program()
def moving_averages_and_clipping(*callbacks):
    optimizer = keras.optimizers.SGD(
        use_ema=True, ema_overwrite_frequency=2, clipnorm=0.1, weight_decay=0.1
    )
    return fit(network(optimizer=optimizer), *callbacks)


@program()
def another_loss_and_odd_metrics(*callbacks):
    class Named(keras.metrics.Metric):
        def update_state(self, *_, **__):
            pass

        def result(self):
            return {"one": ops.convert_to_tensor(1.0), "text": "none"}

    class Model(keras.Sequential):
        def compute_loss(self, x, y, y_pred, *weights, **options):
            return ops.mean(ops.abs(y - y_pred)) + 0.1 * ops.mean(y_pred**2)

    # PyTorch and TensorFlow trace no text.
    metrics = [Named()] if BACKEND == "torch" else None
    return fit(own(Model, loss=None, metrics=metrics), *callbacks)


@program()
def an_own_train_function(*callbacks):
    class Model(keras.Sequential):
        def make_train_function(self):
            if self.train_function is None:
                super().make_train_function()
                made, self.executions = self.train_function, 0

                def train(*arguments):
                    self.executions += 1
                    return made(*arguments)

                self.train_function = train
            return self.train_function

    model = own(Model)
    return *fit(model, *callbacks), model.executions


# JAX needs no other train function, because it measures beside the step.
@program(batch="recorded" if BACKEND == "jax" else "warned", probe="recorded")
def a_train_function_that_is_fixed(*callbacks):
    model = network()
    model.make_train_function()
    fixed = model.train_function
    model.make_train_function = lambda force=False: setattr(
        model, "train_function", fixed
    )
    return fit(model, *callbacks)


@program()
def an_own_fit(*callbacks):
    class Model(keras.Sequential):
        def fit(self, x, y, *, callbacks, **options):
            super().fit(x, y, callbacks=callbacks, **options)
            self.optimizer.learning_rate = 0.1
            return super().fit(x, y, callbacks=callbacks, **options)

    return fit(own(Model), *callbacks)


@program(steps=1, probe="recorded")
def a_fit_without_a_train_function(*callbacks):
    class Model(keras.Sequential):
        def fit(self, x, y, *, callbacks, **options):
            history = keras.callbacks.History()
            every = keras.callbacks.CallbackList([*callbacks, history], model=self)
            every.on_train_begin()
            for epoch in range(2):
                every.on_epoch_begin(epoch)
                loss = self.train_on_batch(x, y)
                every.on_epoch_end(epoch, {"loss": float(loss)})
            every.on_train_end()
            return history

    return fit(own(Model), *callbacks)


@program(backends=("torch",))
def logs_of_an_own_class(*callbacks):
    class Logs(dict):
        pass

    class Model(keras.Sequential):
        def train_step(self, *arguments):
            return Logs(super().train_step(*arguments))

    return fit(own(Model), *callbacks)


@program()
def a_partial_training_step(*callbacks):
    model = network()

    def step(plain, *arguments, scale):
        return plain(*arguments)

    model.train_step = functools.partial(step, model.train_step, scale=2)
    return fit(model, *callbacks)


@program()
def a_counter_in_the_training_step(*callbacks):
    class Model(keras.Sequential):
        steps = 0

        def train_step(self, *arguments):
            self.steps += 1
            return super().train_step(*arguments)

        def compute_loss(self, *args, **kwargs):
            return self.steps * super().compute_loss(*args, **kwargs)

    model = own(Model)
    # Otherwise TensorFlow traces the first step twice.
    model.optimizer.build(model.trainable_variables)
    return *fit(model, *callbacks), model.steps


class Compiling(keras.callbacks.Callback):
    """Compiles the model again with another loss."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.compile(self.model.optimizer, "mae")
        self.model.make_train_function()


@program(backends=("tensorflow", "torch"), probe="recorded")
def compiled_again_in_mid_training(*callbacks):
    return fit(network(), Compiling(), *callbacks)


@program(batch="partly")
def another_optimizer_and_layer(*callbacks):
    model = network()
    first = fit(model, *callbacks)
    model.add(dense(2, name="added"))
    model.layers[0].trainable = False
    model.compile("adam", "mse")
    return first, fit(model, *callbacks)


class Failing(keras.callbacks.Callback):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def on_train_batch_begin(self, batch, logs=None):
        if batch == 1:
            raise self.error


@program(probe="recorded")
def an_error_and_another_fit(*callbacks):
    model, found = network(), []
    for error in MemoryError("full"), KeyboardInterrupt():
        try:
            fit(model, Failing(error), *callbacks)
        except (MemoryError, KeyboardInterrupt) as caught:
            found.append(type(caught))
    return *fit(model, *callbacks), found


@program()
def errors_that_the_training_step_catches(*callbacks):
    class Model(keras.Sequential):
        def train_step(self, *arguments):
            try:
                self.layers[0](ops.zeros((2, 9)))
            except ValueError:
                return super().train_step(*arguments)

    return fit(own(Model), *callbacks)


@program(backends=("tensorflow", "torch"), steps=1)
def errors_of_the_training_step(*callbacks):
    class Model(keras.Sequential):
        broken = True

        def train_step(self, *arguments):
            result = super().train_step(*arguments)
            if self.broken:
                raise ArithmeticError("after the update")
            return result

    model = own(Model, run_eagerly=True)
    try:
        fit(model, *callbacks)
    except ArithmeticError as error:
        found = str(error), results_of(model)["updates"]
    model.broken = False
    return *fit(model, *callbacks), found


@program()
def two_threads(*callbacks):
    results = {}

    def train(name, *callbacks):
        results[name] = fit(models[name], *callbacks, shuffle=False)

    models = {name: network() for name in ("one", "two")}
    threads = [
        threading.Thread(target=train, args=("one", *callbacks)),
        threading.Thread(target=train, args=("two",)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@program(backends=("tensorflow",))
def a_distribution_strategy(*callbacks):
    import tensorflow as tf

    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        model = network()
    return fit(model, *callbacks)


@program()
def many_short_fits(*callbacks):
    model = network()
    for start in range(0, SIZE, BATCH):
        rows = slice(start, start + BATCH)
        result = fit(model, *callbacks, x=X[rows], y=Y[rows], epochs=1)
        model.train_on_batch(X[rows], Y[rows])
    return result


@program()
def a_callback_that_changes_layers(*callbacks):
    class Changing(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            layer = self.model.layers[0]
            layer.kernel.assign(0.5 * layer.kernel)

    model = sequential(dense(3), layers.Dropout(0.2), dense())
    return fit(model, Changing(), *callbacks)


@program()
def copies_in_mid_training(*callbacks):
    model = sequential(dense(3, activation="tanh"), dense())

    class Copying(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 0:
                self.copied = copy.deepcopy(self.model)

    copying = Copying()
    return *fit(model, copying, *callbacks), copying.copied.predict(X, verbose=0)

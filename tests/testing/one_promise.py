"""Asking a check for one promise only: a bank of faults need not run all of them for each."""


def asking_only(promise, module, monkeypatch):
    """Let the check in a module ask for one promise; raise a KeyError if it has no such."""
    examined = module.examined

    def one(subject, asked, needs):
        return examined(subject, {promise: asked[promise]})

    monkeypatch.setattr(module, "examined", one)

"""The commands of `wanllmdb`, each in a module of its own with `add(commands)`."""

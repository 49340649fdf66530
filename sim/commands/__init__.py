"""Commands of `yidi` that need nothing of the suite. They hold no logic: options in, a room asked, results shown."""

"""Commands of `yidi` that need the suite. They hold no logic: options in, a room asked, results shown."""

"""`promptctl quickstart`: the main job, told on a throw-away registry."""

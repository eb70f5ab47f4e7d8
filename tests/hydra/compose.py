"""Composes conf/ with Hydra itself: one JSON list of overrides a line in, one JSON string of YAML a line out.

A composition that fails gives {"error": the exception's name} instead.
"""

import json
import sys

from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

with initialize_config_dir(config_dir=sys.argv[1], version_base="1.3"):
    for line in sys.stdin:
        try:
            answer = OmegaConf.to_yaml(compose("config", json.loads(line)))
        except Exception as error:
            answer = {"error": type(error).__name__}
        print(json.dumps(answer), flush=True)

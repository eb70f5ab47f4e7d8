# `make run` and `make test` set up all they need; nothing has to be installed or exported but what `check` looks for.
# After `make setup`, plain cargo does: `cargo build`, `cargo test`, `cargo run`.

PYTHON ?= python3
CARGO ?= cargo
ARGS ?=

.DEFAULT_GOAL := help
# The steps of a target build on each other, so -j may not mix them.
.NOTPARALLEL:
.PHONY: help check setup build run test test-dvc test-torch test-slurm test-report conformance lint bench-compose bench-launch bench-tracking bench-train mutants mutation coverage report clean distclean

help: ## show this
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | awk -F'|' '{ printf "%-22s%s\n", $$1, $$2 }'

check:
	@command -v $(CARGO) >/dev/null 2>&1 || { \
	  echo "error: cargo was not found. Install Rust (rustup is the usual way), open a new shell, and try again." >&2; exit 1; }
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "error: $(PYTHON) was not found. Install Python 3.10 or newer, or name one: make PYTHON=..." >&2; exit 1; }

setup: check ## fetch libtorch and the tests' Python packages (once; nothing to do after that)
	@$(PYTHON) scripts/setup_libtorch.py
	@$(PYTHON) scripts/setup_venv.py

build: setup ## build the release programs
	$(CARGO) build --release --workspace --locked

# All programs first: ddpm starts ddpm-worker, which `cargo run` alone would not build.
run: setup ## train with the default configuration; overrides: make run ARGS='training.max_steps=10'
	$(CARGO) build --release --locked --bins
	$(CARGO) run --release --locked --quiet --bin ddpm -- $(ARGS)

test: setup ## run every test; with COVERAGE=1 as `make coverage` does
	@$(PYTHON) -m unittest discover --start-directory scripts
	$(if $(COVERAGE),@CARGO="$(CARGO)" $(PYTHON) scripts/line_coverage.py,$(CARGO) test --workspace --locked)

test-dvc: setup ## run the pipeline by the real DVC (a part of `make test`)
	$(CARGO) test --locked --test dvc

test-torch: setup ## hold the trainer to PyTorch, asked anew (its environment: 0.8 GB, once)
	@PYTHONPATH=scripts $(PYTHON) -c 'import bench_train, setup_common; setup_common.run_main(bench_train.set_up)'
	.venv-torch/bin/python scripts/torch_goldens.py --check
	$(CARGO) test --locked --test torch_goldens

test-slurm: check ## run the tests on a real Slurm (needs root and apt; skipped where those are not)
	@CARGO="$(CARGO)" tests/slurm/run; status=$$?; [ $$status -eq 77 ] || exit $$status

test-report: check ## test the page of `sweep report` in headless Chromium (which apt installs; skipped where it cannot)
	@crates/hydra-app/tests/report/install; status=$$?; [ $$status -ne 77 ] || exit 0; [ $$status -eq 0 ] || exit $$status; \
	  REPORT_BROWSER=required $(CARGO) test --locked --package hydra-app --test report --test report_browser

conformance: setup ## ask the real Hydra anew
	@CARGO="$(CARGO)" $(PYTHON) scripts/conformance.py $(ARGS)

lint: setup ## check formatting, clippy's lints and the documentation, as CI does
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

bench-compose: setup ## measure composition beside Python's Hydra
	$(CARGO) build --release --locked --package hydra-app
	$(PYTHON) scripts/bench_compose.py --write

bench-launch: setup ## measure launching beside Python's Hydra, and kill launchers
	$(CARGO) build --release --locked --package hydra-app
	$(PYTHON) scripts/bench_launch.py --write

bench-tracking: setup ## measure tracking beside W&B's own client
	$(CARGO) build --release --locked --bins
	$(CARGO) build --release --locked --package wandb-run --examples
	$(PYTHON) scripts/bench_tracking.py --write

bench-train: setup ## measure training beside PyTorch (its environment: 0.8 GB, once)
	$(CARGO) build --release --locked --bins
	$(CARGO) build --release --locked --example bench_train
	$(PYTHON) scripts/bench_train.py $(or $(ARGS),--scale --write)

mutants: setup ## put known defects in, one at a time, and see that a test notices each
	@CARGO="$(CARGO)" $(PYTHON) scripts/mutants.py $(ARGS)

mutation: setup ## change the code in small ways, a sample of each area, and count what tests notice (hours)
	@CARGO="$(CARGO)" $(PYTHON) scripts/mutation.py $(ARGS)

coverage: setup ## run every test and count the lines that they run; too few of them are an error
	@CARGO="$(CARGO)" $(PYTHON) scripts/line_coverage.py $(ARGS)

report: setup ## the figures and pictures of REPORT.md, from its runs; ARGS=run performs those that are not done
	$(CARGO) build --release --locked --bins
	$(PYTHON) scripts/report.py $(ARGS)

clean: ## remove what was built
	$(CARGO) clean

distclean: clean ## remove what was set up here, too (the cache that clones share stays)
	find . -maxdepth 1 -type l \( -name .libtorch -o -name .venv -o -name .venv-torch \) -exec rm {} +
	rm -rf .venv.setup.* .venv-torch.setup.* .libtorch.setup.* scripts/__pycache__

# Tiếp Đón. `make demo` and `make test` each set up all they need; neither needs the other.
# As root the system packages come by apt; otherwise the one command to run is printed.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
OUT ?= demo-out
SECONDS ?= 20
SEED ?=
CODE := kiosk cccd_reader face his_adapter records hub bench tests docs

# build pyscard; the virtual reader and a private pcscd for demo and tests (never on a kiosk); Qt's libraries
SYSTEM_PACKAGES := python3-venv python3-dev gcc libc6-dev libpcsclite-dev pcscd vsmartcard-vpcd util-linux \
  libgl1 libegl1 libglib2.0-0 libfontconfig1 libxkbcommon0 libdbus-1-3 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 \
  libxkbcommon-x11-0 libxcb-xkb1 libxcb-shape0 binutils

# the foreign systems of tests/peers, beside the above: a database for GNU Health, and what builds its driver; Node.js
# for the HL7 receiver, unless it is there from elsewhere
PEER_PACKAGES := postgresql libpq-dev $(if $(shell command -v npm),,nodejs npm)
PEERS := .peers

.PHONY: demo run test test-peers lint bench fuzz package docs screens lock lock-peers peer-dump clean system peer-system
.DEFAULT_GOAL := help

help:
	@echo "make demo     the kiosk with simulated devices (without a display: a scripted patient, pictures in $(OUT)/)"
	@echo "make test     all tests        make lint    ruff, mypy --strict, import-linter"
	@echo "make test-peers  the adapters against real foreign systems, installed in $(PEERS)/ and ended afterwards"
	@echo "make run      the kiosk with CONFIG=your.toml        make bench   the figures of the README"
	@echo "make fuzz     every parser and protocol step with bytes that nobody meant, SECONDS=20 each"
	@echo "make package  a stand-alone build in dist/kiosk      make clean   remove what was built"

define install_packages
	@missing=$$(for p in $(1); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then \
	  echo "== system packages:" $$missing; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	else \
	  echo "System packages are missing. Please run:"; echo "  sudo apt-get install --no-install-recommends" $$missing; exit 1; \
	fi
endef

system:
	$(call install_packages,$(SYSTEM_PACKAGES))

peer-system:
	$(call install_packages,$(PEER_PACKAGES))

$(VENV)/.ready: requirements.lock pyproject.toml | system
	@echo "== Python packages, as locked"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: system $(VENV)/.ready
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	  echo "== the kiosk with simulated devices; the dark strip plays the patient's hands"; $(BIN)/kiosk demo; \
	else \
	  echo "== no display: a scripted patient goes through the window"; $(BIN)/kiosk demo --auto --out $(OUT); \
	fi

run: system $(VENV)/.ready
	@test -n "$(CONFIG)" || { echo "usage: make run CONFIG=/etc/tiepdon/kiosk.toml   (an example: docs/kiosk.example.toml)"; exit 2; }
	$(BIN)/kiosk run --config $(CONFIG)

test: system $(VENV)/.ready
	@echo "== tests"
	QT_QPA_PLATFORM=offscreen $(BIN)/pytest -q --cov --cov-branch --cov-report=term:skip-covered $(ARGS)
	@$(BIN)/coverage report --include='kiosk/flow/*' --fail-under=95 >/dev/null && echo "kiosk.flow: at least 95 % of branches covered"
	@$(BIN)/coverage report --include='cccd_reader/*' --fail-under=95 >/dev/null && echo "cccd_reader: at least 95 % of branches covered"

# each peer has its folder in tests/peers, with what installs it; a peer that is not there fails its tests
$(PEERS)/gnuhealth/.ready: tests/peers/gnuhealth/requirements.lock | peer-system
	@echo "== GNU Health, as locked"
	@test -x $(PEERS)/gnuhealth/bin/python || $(PYTHON) -m venv $(PEERS)/gnuhealth
	@$(PEERS)/gnuhealth/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(PEERS)/mllp/.ready $(PEERS)/fhir/.ready: $(PEERS)/%/.ready: tests/peers/%/package-lock.json tests/peers/%/package.json | peer-system
	@echo "== the $* peer (Node.js), as locked"
	@mkdir -p $(@D) && cp $^ $(@D)
	@cd $(@D) && npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

test-peers: system peer-system $(VENV)/.ready $(PEERS)/gnuhealth/.ready $(PEERS)/mllp/.ready $(PEERS)/fhir/.ready
	@echo "== tests against real foreign systems"
	$(BIN)/pytest -q tests/peers $(ARGS)

lint: system $(VENV)/.ready
	@echo "== ruff"; $(BIN)/ruff check $(CODE) && $(BIN)/ruff format --check $(CODE)
	@echo "== mypy --strict"; $(BIN)/mypy
	@echo "== import-linter"; $(BIN)/lint-imports --no-cache

bench: system $(VENV)/.ready
	$(BIN)/python -m bench

fuzz: system $(VENV)/.ready
	@echo "== fuzzing, $(SECONDS) s for each target"
	$(BIN)/python -m tests.fuzz.run --all --seconds $(SECONDS) --jobs 2 $(if $(SEED),--seed $(SEED))

package: system $(VENV)/.ready
	$(BIN)/pyinstaller --noconfirm --log-level WARN kiosk.spec
	@echo "built dist/kiosk; try: dist/kiosk/kiosk demo --auto --out $(OUT)"

docs: $(VENV)/.ready
	$(BIN)/python docs/render.py

screens: $(VENV)/.ready
	QT_QPA_PLATFORM=offscreen $(BIN)/python docs/screens.py

lock: $(VENV)/.ready
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --extra dev pyproject.toml -o requirements.lock
	@sed -i '/^tiepdon\[/,+1d' requirements.lock  # the project's own extras are no package to install

peer-dump: system peer-system $(VENV)/.ready $(PEERS)/gnuhealth/.ready
	$(BIN)/python -m tests.peers.gnuhealth.make_dump

lock-peers: $(VENV)/.ready
	$(BIN)/pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host tests/peers/gnuhealth/requirements.in -o tests/peers/gnuhealth/requirements.lock

clean:
	rm -rf $(VENV) $(PEERS) build dist $(OUT) .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info

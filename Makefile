# Stepwell. `make demo` to see it, `make run` to use it, `make test` to check it.

CARGO ?= cargo
PYTHON ?= python3
BINARY = target/release/stepwell
VENV = .venv
VENV_READY = $(VENV)/ready
JAVASCRIPT = tests/clients/javascript
JAVASCRIPT_READY = $(JAVASCRIPT)/node_modules/.package-lock.json
DENY_VERSION = 0.20.2
JSONATA_JS = $(or $(CARGO_TARGET_DIR),target)/jsonata-js/package.json
DENY = .tools/$(DENY_VERSION)/bin/cargo-deny

.PHONY: demo run build test quick check rust recorded clients bench clean

demo: build
	$(PYTHON) examples/order/demo.py $(BINARY)

run: build
	$(BINARY) serve --functions examples/order/functions

build:
	$(CARGO) build --release -p stepwell

# Everything there is, each part with its runner's own summary; the parts that need most time last.
test: check rust recorded clients

# Without the real binary and its clients.
quick: rust

check: $(DENY)
	$(CARGO) fmt --all --check
	$(CARGO) xtask tidy
	$(CARGO) xtask codegen --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(DENY) check bans licenses sources

rust: $(JSONATA_JS)
	$(CARGO) test --workspace

# What our JSONata is compared with. Without Node the comparison says that it is skipped.
$(JSONATA_JS):
	mkdir -p $(@D)
	if command -v npm > /dev/null; then lib/jsonata/tools/fetch.sh $(@D) || rm -rf $(@D); fi

# What AWS answered, replayed. RECORDED_CASES names the folder of recordings; without it, this says that it skipped.
recorded: build
	$(CARGO) run --quiet -p recorded -- $(BINARY)

# The SDKs for JavaScript and Rust are fetched here, not beside tests that measure time.
clients: build $(VENV_READY) $(JAVASCRIPT_READY)
	$(CARGO) build --quiet --locked --manifest-path tests/clients/rust/Cargo.toml --target-dir target/client-tour
	$(VENV)/bin/python -m pytest tests

bench: build
	$(CARGO) run --release -p bench

$(VENV_READY): tests/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

$(JAVASCRIPT_READY): $(JAVASCRIPT)/package-lock.json
	cd $(JAVASCRIPT) && npm ci --no-audit --no-fund --silent
	touch $@

$(DENY):
	$(CARGO) install --quiet --locked --root .tools/$(DENY_VERSION) --version $(DENY_VERSION) cargo-deny

clean:
	$(CARGO) clean
	rm -rf $(VENV) .tools $(JAVASCRIPT)/node_modules

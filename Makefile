# Stepwell. `make demo` to see it, `make run` to use it, `make test` to check it.

CARGO ?= cargo
PYTHON ?= python3
BINARY = target/release/stepwell
VENV = .venv
VENV_READY = $(VENV)/ready
AWS_TOOLS = crates/aws/tools
AWS_VENV = .venv-aws
AWS_VENV_READY = $(AWS_VENV)/ready
JAVASCRIPT = tests/clients/javascript
JAVASCRIPT_READY = $(JAVASCRIPT)/node_modules/.package-lock.json
CHROMIUM ?= /usr/bin/chromium
CONSOLE_READY = console/node_modules/.package-lock.json
CONSOLE_BUILT = console/dist/index.html
CONSOLE_SOURCES = $(shell find console/src console/public console/scripts -type f) \
    $(addprefix console/,index.html package.json package-lock.json tsconfig.json vite.config.ts)
DENY_VERSION = 0.20.2
JSONATA_JS = $(or $(CARGO_TARGET_DIR),target)/jsonata-js/package.json
DENY = .tools/$(DENY_VERSION)/bin/cargo-deny

.PHONY: demo run build console pictures test quick check rust recorded protocols clients kill bench clean

demo: build
	$(PYTHON) examples/order/demo.py $(BINARY)

run: build
	$(BINARY) serve --functions examples/order/functions

build: $(if $(shell command -v npm),$(CONSOLE_BUILT))
	$(CARGO) build --release -p stepwell

# The web console's files, which the binary takes in. Without Node, the server says on a page how to add them.
$(CONSOLE_BUILT): $(CONSOLE_SOURCES) | $(CONSOLE_READY)
	cd console && npm run --silent build

$(CONSOLE_READY): console/package-lock.json
	cd console && npm ci --no-audit --no-fund --silent
	touch $@

# Everything there is, each part with its runner's own summary; the parts that need most time last.
test: check rust recorded protocols console clients

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

# What AWS answered, replayed, with moto in the place of other services. RECORDED_CASES names the folder of recordings;
# without it, this says that it skipped.
recorded: build $(VENV_READY)
	$(CARGO) run --quiet -p recorded -- --python $(VENV)/bin/python $(BINARY)

# One in fifty of AWS's operations, written and read beside botocore, and every endpoint. ONE_IN=1 takes all of them.
ONE_IN ?= 50
protocols: $(AWS_VENV_READY)
	$(CARGO) build --quiet -p aws --example wire
	cd $(AWS_TOOLS) && $(CURDIR)/$(AWS_VENV)/bin/python -m unittest --quiet
	cd $(AWS_TOOLS) && $(CURDIR)/$(AWS_VENV)/bin/python -m awsfacts.differential --one-in $(ONE_IN) \
	    --wire $(abspath $(or $(CARGO_TARGET_DIR),target))/debug/examples/wire

# The SDKs for JavaScript and Rust are fetched here, not beside tests that measure time.
clients: build $(VENV_READY) $(JAVASCRIPT_READY)
	$(CARGO) build --quiet --locked --manifest-path tests/clients/rust/Cargo.toml --target-dir target/client-tour
	$(VENV)/bin/python -m pytest tests

# Types, units, the size of the first page, and the real binary in a browser.
console: build
	if command -v npm > /dev/null; then cd console && npm run --silent check && npm test --silent && npm run --silent size; \
	else echo "console: skipped, there is no npm"; fi
	[ -x $(CHROMIUM) ] || apt-get install --quiet --yes --no-install-recommends chromium || true
	if [ -x $(CHROMIUM) ] && command -v npm > /dev/null; \
	then cd console && CHROMIUM=$(CHROMIUM) STEPWELL_BIN=$(abspath $(BINARY)) npm run --silent browser; \
	else echo "console: not tested in a browser, there is no $(CHROMIUM)"; fi

# The pictures of docs/console-guide.md, made of the order example.
pictures: build
	cd console && CHROMIUM=$(CHROMIUM) STEPWELL_BIN=$(abspath $(BINARY)) npm run --silent pictures

# kill -9, two hundred times, and a table of what became of everything; KILLS changes the number, KILL_SEED replays.
kill: build $(VENV_READY)
	KILLS=$(or $(KILLS),167) $(VENV)/bin/python -m pytest tests/test_kill.py -n 0

bench: build
	$(CARGO) run --release -p bench

$(VENV_READY): tests/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

$(AWS_VENV_READY): $(AWS_TOOLS)/requirements.txt
	$(PYTHON) -m venv $(AWS_VENV)
	$(AWS_VENV)/bin/pip install --quiet --disable-pip-version-check -r $(AWS_TOOLS)/requirements.txt
	touch $@

$(JAVASCRIPT_READY): $(JAVASCRIPT)/package-lock.json
	cd $(JAVASCRIPT) && npm ci --no-audit --no-fund --silent
	touch $@

$(DENY):
	$(CARGO) install --quiet --locked --root .tools/$(DENY_VERSION) --version $(DENY_VERSION) cargo-deny

clean:
	$(CARGO) clean
	rm -rf $(VENV) $(AWS_VENV) .tools $(JAVASCRIPT)/node_modules console/node_modules console/dist/*

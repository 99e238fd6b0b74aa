# Model Registrar. `make help` lists the targets.

BIN        := bin
GO_SOURCES := $(shell find . -name '*.go' -not -path './devserver/*' -not -name '*_test.go') go.mod go.sum $(wildcard schemas/*.schema.json)
DEV_SOURCES := $(wildcard devserver/*.go) devserver/build.sh devserver/go.mod devserver/go.sum

COMMIT := $(shell git rev-parse HEAD 2>/dev/null)
BUILD  := go build -ldflags "-X model-registrar/internal/build.commit=$(COMMIT)"

STATICCHECK   := honnef.co/go/tools/cmd/staticcheck@v0.8.2
WORKFLOWCHECK := go.temporal.io/sdk/contrib/tools/workflowcheck@v0.6.0

.PHONY: help build demo up test test-cli lint bench bench-quick bench-fleet-10000 pictures numbers clean
.DEFAULT_GOAL := help

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-17s %s\n", $$1, $$2}'

build: $(BIN)/worker $(BIN)/starter $(BIN)/simulator $(BIN)/devserver ## Build the four binaries into bin/

$(BIN)/worker: $(GO_SOURCES)
	$(BUILD) -o $@ ./worker

$(BIN)/starter: $(GO_SOURCES)
	$(BUILD) -o $@ ./starter

$(BIN)/simulator: $(GO_SOURCES)
	go build -o $@ ./testsuite/simulator/cmd/simulator

$(BIN)/devserver: $(DEV_SOURCES)
	@./devserver/build.sh ../$@

# What demo and up need beside a Temporal server: bin/demo builds ours if there is none that it can use.
PROGRAMS := $(BIN)/worker $(BIN)/starter $(BIN)/simulator

demo: $(PROGRAMS) ## Register one model end to end, approve it, show what came of it, and raise its limit by plan and apply
	@go build -o $(BIN)/demo ./testsuite/demo && $(BIN)/demo

up: $(PROGRAMS) ## Run a Temporal server, simulator and worker until interrupted
	@go build -o $(BIN)/demo ./testsuite/demo && $(BIN)/demo up

test: lint build ## Lint and run every test
	./testsuite/install-tools.sh
	cd devserver && go test ./...
	@# What takes longest begins first.
	go test -race -timeout 30m ./testsuite/e2e ./...

# Temporal's CLI, built from its module: minutes from an empty build cache, so that make test does without it.
TEMPORAL_CLI := $(CURDIR)/.run/tools/temporal
$(TEMPORAL_CLI):
	GOBIN=$(dir $@) go install github.com/temporalio/cli/cmd/temporal@v1.5.1

test-cli: build $(TEMPORAL_CLI) ## Test with Temporal's CLI: the example of docs/integration.md, and the stack on its server
	go vet -tags cli ./testsuite/e2e
	PATH=$(dir $(TEMPORAL_CLI)):$$PATH go test -count=1 -tags cli -timeout 15m ./testsuite/e2e -run CLI

lint: ## Vet, staticcheck, gofmt and workflowcheck
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || (echo "gofmt would change the files above" && false)
	go vet ./...
	go run $(STATICCHECK) ./...
	go run $(WORKFLOWCHECK) -config workflowcheck.yaml ./workflows/...
	cd devserver && go vet ./... && go run $(STATICCHECK) ./...

BENCH := $(BIN)/bench
bench: build ## Measure against goals and baselines, about 25 minutes; BENCHFLAGS="--help" lists the flags
	@go build -o $(BENCH) ./testsuite/bench && $(BENCH) $(BENCHFLAGS)

bench-quick: build ## The same with few repeats, to see that everything works
	@go build -o $(BENCH) ./testsuite/bench && $(BENCH) --quick $(BENCHFLAGS)

bench-fleet-10000: build ## Measure a fleet of 10,000, which takes long
	@go build -o $(BENCH) ./testsuite/bench && $(BENCH) --parts fleet-10000 --json .run/bench-fleet-10000.json $(BENCHFLAGS)

pictures: build ## Take the pictures of the Temporal UI in docs/images; needs Node.js and Chromium
	cd testsuite/pictures && npm ci --silent
	go run ./testsuite/pictures

numbers: ## Print files, lines and the other numbers of the shape of the code
	@./testsuite/numbers.sh

clean: ## Remove what was built and what runs left behind
	rm -rf $(BIN) .run devserver.db devserver.db-* 

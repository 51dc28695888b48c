# Two commands do all the set-up on a fresh Debian 12 machine: `make image` and `make test`.
SHELL := /bin/bash
.DEFAULT_GOAL := help

# What compiling and building needs, and what the tests need beyond.
BUILD_PACKAGES := build-essential pkg-config libapt-pkg-dev libarchive-dev libcurl4-openssl-dev libext2fs-dev \
	libssl-dev libtomlplusplus-dev libzstd-dev libisal-dev uidmap gpgv b3sum debian-archive-keyring ca-certificates \
	python3 python3-pip
TEST_PACKAGES := e2fsprogs apt-utils dpkg-dev gnupg openssl xz-utils zstd attr libcap2-bin busybox-static \
	util-linux iproute2 python3-jsonschema man-db groff-base zsh fish locales libfaketime mmdebstrap nginx \
	qemu-system-x86 qemu-user-static arch-test cpio kmod binutils tmux
SLOW_PACKAGES := qemu-system-arm
BENCH_PACKAGES := mmdebstrap apt-utils e2fsprogs unzip squashfs-tools erofs-utils qemu-system-x86 nginx \
	python3-pydantic python3-jinja2 python3-click

SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
RELEASE := .build/release/capsem-native
SWIFT_RELEASE := swift build -c release --static-swift-stdlib --product capsem-native
# The import rule of docs/architecture.md; warnings are errors by Package.swift.
SWIFT_STRICT := --explicit-target-dependency-import-check error

# Where `make install` puts things: below DESTDIR, for packagers.
PREFIX ?= /usr/local
SHARE := $(DESTDIR)$(PREFIX)/share

.PHONY: help image build-rootfs build-kernel build-assets test lint build install test-packages build-packages bench bench-growth test-hostile test-slow differential reproducible clean

help: ## Show this text
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/make \1\t\2/' | expand -t 22

image: build-rootfs ## Build the default image into assets/ (installs what it needs)

build-rootfs: build ## The same
	$(RELEASE) build guest

build-kernel: build ## Build the default guest's kernel and initrd into assets/
	$(RELEASE) build guest --template kernel
	$(RELEASE) build guest --template initrd

build-assets: build ## Build image, kernel and initrd into assets/
	$(RELEASE) build guest --template all

build: build-packages ## Compile the program
	$(SWIFT_RELEASE)

install: ## Install program, completions and manual page below PREFIX (build first)
	@test -x $(RELEASE) || { echo 'nothing to install: run `make build` first' >&2; exit 1; }
	install -D -m 755 $(RELEASE) $(DESTDIR)$(PREFIX)/bin/capsem-native
	mkdir -p $(SHARE)/man/man1 $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions \
		$(SHARE)/fish/vendor_completions.d
	$(RELEASE) manual >$(SHARE)/man/man1/capsem-native.1
	$(RELEASE) completions bash >$(SHARE)/bash-completion/completions/capsem-native
	$(RELEASE) completions zsh >$(SHARE)/zsh/site-functions/_capsem-native
	$(RELEASE) completions fish >$(SHARE)/fish/vendor_completions.d/capsem-native.fish

test: test-packages lint ## Run the tests (installs what they need)
	swift build --build-tests $(SWIFT_STRICT)
	CAPSEM_TEST_STRICT=1 swift test --skip-build

test-hostile: test-packages ## Run what is hostile among the tests, and count its cases
	swift build --build-tests $(SWIFT_STRICT)
	CAPSEM_TEST_STRICT=1 .ci/hostile

lint: ## Check formatting
	swift format lint --strict --parallel --recursive Package.swift Fuzz Sources Tests

bench: build ## Measure everything beside its peer, and print one table
	@.ci/install-packages $(BENCH_PACKAGES)
	bench/all.sh

bench-growth: build ## Measure how cost grows with packages and files (hours), and draw it for docs/performance.md
	@.ci/install-packages $(BENCH_PACKAGES)
	PICTURE=docs/growth.svg bench/growth.sh

test-slow: build test-packages ## Build the whole default image and judge it by other tools; kernels and machines; streams of 50 MB; fuzz
	@.ci/install-packages $(SLOW_PACKAGES)
	.ci/judge-image
	.ci/judge-boot
	swift build --build-tests $(SWIFT_STRICT)
	CAPSEM_TEST_STRICT=1 CAPSEM_TEST_SLOW=1 swift test --skip-build --filter StreamTests
	.ci/fuzz all 60

reproducible: test-packages ## Build every set under many circumstances, and compare the bytes
	swift build --build-tests $(SWIFT_STRICT)
	.ci/reproducible

differential: test-packages ## Compare the trees of many package sets with mmdebstrap's, entry by entry (as root)
	swift build --build-tests $(SWIFT_STRICT)
	.ci/differential

build-packages:
	@.ci/install-packages $(BUILD_PACKAGES)

test-packages:
	@.ci/install-packages $(BUILD_PACKAGES) $(TEST_PACKAGES)

clean: ## Remove what was compiled and built
	rm -rf .build assets

# sijil: one non-recursive Makefile. `make help` says what there is.
# Objects go to build/<kind>/; a build leaves nothing untracked.
# Libraries are asked for in recipes only, so that `make deps all` works where
# nothing is installed yet.

MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# ---- what is needed ---------------------------------------------------------
# package, or package=probe: pc:<pkg-config name>, cmd:<command>, file:<path>.
# A probe that succeeds counts as present, whoever installed it.

BASE_PACKAGES := gcc=cmd:cc libc6-dev=file:/usr/include/stdio.h pkg-config=cmd:pkg-config \
	libsqlite3-dev=pc:sqlite3 libsodium-dev=pc:libsodium libutf8proc-dev=pc:libutf8proc \
	libedit-dev=pc:libedit libqrencode-dev=pc:libqrencode libcurl4-openssl-dev=pc:libcurl \
	libmicrohttpd-dev=pc:libmicrohttpd libgnutls28-dev=pc:gnutls sqlite3=cmd:sqlite3
TEST_PACKAGES := libcriterion-dev=file:/usr/include/criterion/criterion.h libcbor-dev=file:/usr/include/cbor.h binutils=cmd:nm strace=cmd:strace gdb=cmd:gdb \
	python3-minimal=file:/usr/bin/python3 python3-cbor2 python3-nacl faketime=cmd:faketime tmux=cmd:tmux zsh=cmd:zsh fish=cmd:fish
VALGRIND_PACKAGES := valgrind=cmd:valgrind libc6-dbg
FUZZ_PACKAGES  := clang=cmd:clang
LINT_PACKAGES  := clang=cmd:clang clang-tidy=cmd:clang-tidy cppcheck=cmd:cppcheck
BENCH_PACKAGES := hyperfine=cmd:hyperfine python3-minimal=file:/usr/bin/python3 libsqlcipher-dev=pc:sqlcipher
SUITE_PACKAGES := dpkg-dev=cmd:dpkg-source tcl=cmd:tclsh tcl-dev=file:/usr/include/tcl8.6/tcl.h \
	zlib1g-dev=file:/usr/include/zlib.h

goals = $(filter $(1),$(MAKECMDGOALS))
PACKAGES := $(BASE_PACKAGES) \
	$(if $(call goals,unit test test-long check-% scenario),$(TEST_PACKAGES)) \
	$(if $(call goals,check-valgrind test-long),$(VALGRIND_PACKAGES)) \
	$(if $(call goals,fuzz test-long check-clang),$(FUZZ_PACKAGES)) \
	$(if $(call goals,analyze),$(LINT_PACKAGES)) \
	$(if $(call goals,sqlite-suite),$(SUITE_PACKAGES)) \
	$(if $(call goals,bench),$(BENCH_PACKAGES))
# With -j nothing may start before deps has finished.
FIRST := $(call goals,deps)

# ---- how it is built --------------------------------------------------------

KIND   ?= release
B      := build/$(KIND)
PREFIX ?= /usr/local
PKG    ?= pkg-config
Q      := $(if $(V),,@)
say     = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))
ifeq ($(origin CC),default)
CC     := $(if $(filter clang fuzz,$(KIND)),clang,cc)
endif

WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough -Wswitch-enum
HARDEN := -fstack-protector-strong -fstack-clash-protection -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS_release  := -O2 -g $(HARDEN)
CFLAGS_clang    := $(CFLAGS_release)
# Without -O2 gcc takes intended truncation for a slip; release builds keep that check.
CFLAGS_asan     := -O1 -g -Wno-format-truncation -fsanitize=address -fno-omit-frame-pointer -fPIE
CFLAGS_ubsan    := -O1 -g -Wno-format-truncation -fsanitize=undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -fPIE
CFLAGS_tsan     := -O1 -g -Wno-format-truncation -fsanitize=thread -fno-omit-frame-pointer -fPIE
CFLAGS_valgrind := -O1 -g -Wno-format-truncation -fPIE
CFLAGS_fuzz     := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fPIE
LDFLAGS_release := -Wl,-z,relro,-z,now
LDFLAGS_clang   := $(LDFLAGS_release)
LDFLAGS_asan    := -fsanitize=address
LDFLAGS_ubsan   := -fsanitize=undefined
LDFLAGS_tsan    := -fsanitize=thread
LDFLAGS_fuzz    := -fsanitize=address,undefined
BASE_CFLAGS = -std=c17 -D_GNU_SOURCE -I. -I$(B)/gen $(WARN) $(CFLAGS_$(KIND)) $(CFLAGS)
ALL_CFLAGS  = $(BASE_CFLAGS) $(if $(CI),-Werror) -MMD -MP @$(B)/flags/cflags
ALL_LDFLAGS = -pie -Wl,--as-needed $(LDFLAGS_$(KIND)) $(LDFLAGS)

# ---- what there is ----------------------------------------------------------

LAYERS   := app sync schema crypto
MAINS    := app/sijil.c app/sijild.c app/sijil_hq.c sync/sijil_https.c
SOURCES  := $(filter-out $(MAINS),$(wildcard $(addsuffix /*.c,$(LAYERS) app/sijil app/sijild app/hq)))
SQL      := $(wildcard schema/sql/*.sql)
SQL_H    := $(if $(SQL),$(B)/gen/schema/sql.h)
ARCHIVES := $(foreach l,$(LAYERS),$(if $(filter $(l)/%,$(SOURCES)),$(B)/lib$(l).a))
PROGRAMS := $(if $(wildcard app/sijil.c),$(B)/bin/sijil) \
	$(if $(wildcard app/sijild.c),$(B)/bin/sijild) \
	$(if $(wildcard app/sijil_hq.c),$(B)/bin/sijil-hq) \
	$(if $(wildcard sync/sijil_https.c),$(B)/libexec/sijil/sijil-https)
MANUALS  := $(wildcard app/man/*.1)
GUIDES   := $(wildcard app/man/*.7)

TESTS    := $(wildcard tests/*/test_*.c)
SUPPORT  := $(filter-out $(TESTS),$(wildcard $(addprefix tests/,$(addsuffix /*.c,$(LAYERS) support))))
TEST_BINS := $(TESTS:%.c=$(B)/%)
UNIT_BINS := $(if $(T),$(B)/tests/$(T),$(TEST_BINS))
FUZZERS  := $(wildcard tests/fuzz/fuzz_*.c)
REPLAYS  := $(FUZZERS:%.c=$(B)/%)
TOOLS    := $(patsubst %.c,$(B)/%,$(wildcard tests/tools/*.c)) $(B)/tests/tools/fault.so
BENCHES  := $(patsubst %.c,$(B)/%,$(wildcard tests/bench/bench_*.c))
BENCH_O  := $(patsubst %.c,$(B)/%.o,$(filter-out tests/bench/bench_%,$(wildcard tests/bench/*.c)))
PEERS    := $(B)/tests/bench/peers/store_load $(B)/tests/bench/peers/store_load_sqlcipher
ALL_C    := $(SOURCES) $(wildcard $(MAINS)) $(TESTS) $(SUPPORT) $(wildcard tests/fuzz/*.c tests/tools/*.c tests/bench/*.c)

# Each program links its own libraries and no others.
LIBS_sijil       := sqlite3 libsodium libutf8proc libedit libqrencode
LIBS_sijild      := sqlite3 libsodium libutf8proc libmicrohttpd gnutls
LIBS_sijil-hq    := sqlite3 libsodium libutf8proc libedit libqrencode
LIBS_sijil-https := libsodium libcurl
LIBS_all         := $(sort $(LIBS_sijil) $(LIBS_sijild) $(LIBS_sijil-hq) $(LIBS_sijil-https))

.PHONY: help deps all demo unit test test-long check-asan check-ubsan check-tsan check-clang check-valgrind \
	scenario sqlite-suite fuzz fuzzers analyze bench install clean FORCE

help:
	@echo 'make deps             install what is missing (needs root or sudo; only what is missing)'
	@echo 'make all              build the programs into $(B)/bin'
	@echo 'make demo             the whole story on this machine, in a temporary folder'
	@echo 'make test             unit tests, fuzz corpora, layer check and scenarios'
	@echo 'make unit             unit tests; T=crypto/test_cbor for one file'
	@echo 'make scenario         scenarios with the real programs; S=03 for one'
	@echo 'make test-long        test with long variants, then the checks below'
	@echo 'make check-asan       unit tests and scenarios under AddressSanitizer; check-ubsan likewise'
	@echo 'make check-tsan       the relay with many at once under ThreadSanitizer'
	@echo 'make check-valgrind   unit tests under valgrind'
	@echo 'make check-clang      build everything with clang'
	@echo 'make sqlite-suite     SQLite'"'"'s own test-suite over encrypted files, about an hour; S=wal for some'
	@echo 'make fuzz             each fuzz target for FUZZ_TIME=60 seconds; F=cbor for one'
	@echo 'make analyze          gcc -fanalyzer, clang-tidy, cppcheck'
	@echo 'make bench            the figures, as ratios; BENCH_LONG=1 in full size'
	@echo 'make install          PREFIX=/usr/local DESTDIR='
	@echo 'make clean'
	@echo 'Options: KIND=release|clang|asan|ubsan|tsan  CI=1 (warnings are errors)  V=1 (show commands)'

deps:
	@.ci/deps $(PACKAGES)

all: $(PROGRAMS) $(ARCHIVES)

# ---- compile ----------------------------------------------------------------

# $(1) is written to $@ only when it differs, so that changed flags rebuild and
# unchanged ones do not.
define remember
@mkdir -p $(@D)
@echo '$(1)' | cmp -s - $@ || echo '$(1)' > $@
endef

$(B)/flags/compile: FORCE | $(FIRST)
	$(call remember,$(CC) $(BASE_CFLAGS))
$(B)/flags/link: FORCE | $(FIRST)
	$(call remember,$(CC) $(ALL_LDFLAGS))

$(B)/flags/cflags: Makefile | $(FIRST)
	@mkdir -p $(@D)
	@$(PKG) --cflags $(LIBS_all) > $@ || { echo 'Libraries are missing: run `make deps`.' >&2; exit 1; }
$(B)/flags/%.libs: Makefile | $(FIRST)
	@mkdir -p $(@D)
	@$(PKG) --libs $(LIBS_$*) > $@ || { echo 'Libraries are missing: run `make deps`.' >&2; exit 1; }

$(B)/gen/schema/sql.h: $(SQL) schema/sql/embed.awk | $(FIRST)
	@mkdir -p $(@D)
	$(call say,SQL,$@)
	$(Q)awk -f schema/sql/embed.awk $(SQL) > $@

$(B)/%.o: %.c $(B)/flags/compile | $(B)/flags/cflags $(SQL_H) $(FIRST)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# ---- archives and programs --------------------------------------------------

layer_objects = $(patsubst %.c,$(B)/%.o,$(filter $(1)/%,$(SOURCES)))
define archive_rule
$(B)/flags/$(1).members: FORCE
	$$(call remember,$(call layer_objects,$(1)))
$(B)/lib$(1).a: $(call layer_objects,$(1)) $(B)/flags/$(1).members
	@rm -f $$@
	$$(Q)ar qcsD $$@ $(call layer_objects,$(1))
endef
$(foreach l,$(LAYERS),$(eval $(call archive_rule,$(l))))

# $(1) program, $(2) folder, $(3) main object
define program_rule
$(B)/$(2)/$(1): $(B)/$(3).o $(ARCHIVES) $(B)/flags/$(1).libs $(B)/flags/link
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$< $(ARCHIVES) @$(B)/flags/$(1).libs
endef
$(eval $(call program_rule,sijil,bin,app/sijil))
$(eval $(call program_rule,sijild,bin,app/sijild))
$(eval $(call program_rule,sijil-hq,bin,app/sijil_hq))
$(eval $(call program_rule,sijil-https,libexec/sijil,sync/sijil_https))

# ---- test programs ----------------------------------------------------------

SUPPORT_O := $(SUPPORT:%.c=$(B)/%.o)
LINK_ALL  = $(Q)$(CC) $(ALL_LDFLAGS)
# tests/support/failing_malloc.h
WRAP_MALLOC := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
$(TEST_BINS): $(B)/%: $(B)/%.o $(SUPPORT_O) $(ARCHIVES) $(B)/flags/all.libs $(B)/flags/link
	$(call say,LINK,$@)
	$(LINK_ALL) $(WRAP_MALLOC) -o $@ $< $(SUPPORT_O) $(ARCHIVES) -lcriterion -lcbor @$(B)/flags/all.libs -lpthread
# A copy of the vault with its smallest blocks, and its tests for that copy alone.
SMALL_C    := $(wildcard crypto/vault*.c tests/crypto/vault_*.c) tests/crypto/test_vault_rules.c
SMALL_O    := $(SMALL_C:%.c=$(B)/small/%.o)
SMALL_TEST := $(B)/tests/crypto/test_vault_small
$(B)/small/%.o: %.c $(B)/flags/compile | $(B)/flags/cflags $(FIRST)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(ALL_CFLAGS) -DVAULT_BLOCK_BYTES=512 -c -o $@ $<
$(SMALL_TEST): $(SMALL_O)
$(SMALL_TEST): SUPPORT_O := $(SMALL_O) $(filter-out $(SMALL_C:%.c=$(B)/%.o),$(SUPPORT_O))
$(BENCHES): $(BENCH_O)
$(filter-out %.so,$(TOOLS)) $(BENCHES): $(B)/%: $(B)/%.o $(ARCHIVES) $(B)/flags/all.libs $(B)/flags/link
	$(call say,LINK,$@)
	$(LINK_ALL) -o $@ $< $(if $(filter $(BENCHES),$@),$(BENCH_O)) $(ARCHIVES) @$(B)/flags/all.libs -lpthread -lm
$(B)/tests/bench/peers/store_load: tests/bench/peers/store_load.c $(SQL_H) $(ARCHIVES) $(B)/flags/all.libs $(B)/flags/link
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(LINK_ALL) $(BASE_CFLAGS) -o $@ $< $(ARCHIVES) @$(B)/flags/all.libs -lpthread
$(B)/tests/bench/peers/store_load_sqlcipher: tests/bench/peers/store_load.c $(SQL_H) $(B)/flags/link
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(LINK_ALL) $(BASE_CFLAGS) -DPEER_IS_SQLCIPHER $$($(PKG) --cflags sqlcipher) -o $@ $< $$($(PKG) --libs sqlcipher libsodium)
# Stands before whatever program it is loaded into, so it is free of sanitizers.
$(B)/tests/tools/fault.so: tests/tools/preload/fault.c Makefile | $(FIRST)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) -std=c17 -D_GNU_SOURCE $(WARN) $(if $(CI),-Werror) -O1 -g -fPIC -shared -o $@ $<
# They run the real helper.
$(B)/tests/sync/test_transport $(B)/tests/sync/test_http_server: | $(B)/libexec/sijil/sijil-https
ifeq ($(KIND),fuzz)
$(REPLAYS): $(B)/%: $(B)/%.o $(ARCHIVES) $(B)/flags/all.libs $(B)/flags/link
	$(call say,LINK,$@)
	$(LINK_ALL) -fsanitize=fuzzer -o $@ $< $(ARCHIVES) @$(B)/flags/all.libs -lpthread
else
$(REPLAYS): $(B)/%: $(B)/%.o $(B)/tests/fuzz/replay.o $(ARCHIVES) $(B)/flags/all.libs $(B)/flags/link
	$(call say,LINK,$@)
	$(LINK_ALL) -o $@ $< $(B)/tests/fuzz/replay.o $(ARCHIVES) @$(B)/flags/all.libs -lpthread
endif

# ---- tests ------------------------------------------------------------------

RUN = tests/run-tests.sh $(B)
unit: $(UNIT_BINS) | $(FIRST)
	@$(RUN) unit $(if $(T),tests/$(T))
scenario: all $(TOOLS) | $(FIRST)
	@$(RUN) scenarios
test: all $(TEST_BINS) $(REPLAYS) $(TOOLS) | $(FIRST)
	@$(RUN) unit corpus layers scenarios
check-asan check-ubsan: check-%: | $(FIRST)
	@$(MAKE) KIND=$* sanitized
.PHONY: sanitized
sanitized: all $(TEST_BINS) $(REPLAYS) $(TOOLS)
	@SLOWER=4 $(RUN) unit corpus scenarios
# Criterion forks, which ThreadSanitizer does not follow: the relay itself is run.
check-tsan: | $(FIRST)
	@$(MAKE) KIND=tsan threads
.PHONY: threads
threads: all $(TOOLS)
	@S=60 SLOWER=4 $(RUN) scenarios
check-valgrind: | $(FIRST)
	@$(MAKE) KIND=valgrind valgrind-run
.PHONY: valgrind-run
valgrind-run: $(TEST_BINS)
	@SLOWER=10 $(RUN) valgrind
check-clang: | $(FIRST)
	@$(MAKE) KIND=clang everything
.PHONY: everything
everything: all $(TEST_BINS) $(REPLAYS) $(TOOLS) $(BENCHES)
test-long: all $(TEST_BINS) $(REPLAYS) $(TOOLS) | $(FIRST)
	@SIJIL_LONG=1 SLOWER=20 $(RUN) unit corpus layers scenarios long
	@$(MAKE) check-asan
	@$(MAKE) check-ubsan
	@$(MAKE) check-tsan
	@$(MAKE) check-valgrind
	@$(MAKE) check-clang

sqlite-suite: | $(FIRST)
	@CC='$(CC)' tests/sqlite-suite/run.sh build/sqlite-suite
fuzz: | $(FIRST)
	@$(MAKE) KIND=fuzz fuzzers
	@tests/run-fuzz.sh build/fuzz
fuzzers: $(REPLAYS)
analyze: $(SQL_H) $(B)/flags/cflags | $(FIRST)
	@tests/run-analyze.sh $(B) $(SOURCES) $(wildcard $(MAINS))
bench: all $(BENCHES) $(PEERS) $(TOOLS) | $(FIRST)
	@tests/run-bench.sh $(B)
demo: all $(TOOLS) | $(FIRST)
	@tests/demo/demo.sh $(B)

# ---- install ----------------------------------------------------------------
# Under sudo nothing is compiled: what root builds the user could not rebuild.

install: $(if $(SUDO_USER),,all) | $(FIRST)
	@for p in $(PROGRAMS); do test -x $$p || { echo "$$p is not built: run \`make all\` first."; exit 1; }; done
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/sijil $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man7
	install -m 755 $(filter $(B)/bin/%,$(PROGRAMS)) $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(filter $(B)/libexec/%,$(PROGRAMS)) $(DESTDIR)$(PREFIX)/libexec/sijil
	$(if $(MANUALS),install -m 644 $(MANUALS) $(DESTDIR)$(PREFIX)/share/man/man1)
	$(if $(GUIDES),install -m 644 $(GUIDES) $(DESTDIR)$(PREFIX)/share/man/man7)
	for p in $(notdir $(filter $(B)/bin/%,$(PROGRAMS))); do \
		for f in bash:bash-completion/completions/$$p zsh:zsh/site-functions/_$$p fish:fish/vendor_completions.d/$$p.fish; do \
			install -d "$$(dirname "$(DESTDIR)$(PREFIX)/share/$${f#*:}")" && \
			$(B)/bin/$$p completion "$${f%%:*}" > "$(DESTDIR)$(PREFIX)/share/$${f#*:}" || exit 1; \
		done; \
	done

clean:
	rm -rf build

-include $(ALL_C:%.c=$(B)/%.d) $(SMALL_C:%.c=$(B)/small/%.d)

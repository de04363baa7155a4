# sijil: one non-recursive Makefile. `make help` says what there is.
# Objects go to build/<kind>/; a build leaves nothing untracked.

KIND     ?= release
B        := build/$(KIND)
CC       ?= cc
PKG      ?= pkg-config
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wimplicit-fallthrough -Wswitch-enum
HARDEN   := -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 -fPIE
CFLAGS_release := -O2 -g $(HARDEN)
CFLAGS_asan    := -O1 -g -fsanitize=address -fno-omit-frame-pointer -fPIE
CFLAGS_ubsan   := -O1 -g -fsanitize=undefined -fno-sanitize-recover=all -fPIE
LDFLAGS_release := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
LDFLAGS_asan    := -pie -fsanitize=address -Wl,--as-needed
LDFLAGS_ubsan   := -pie -fsanitize=undefined -Wl,--as-needed
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE -I. -I$(B)/gen -MMD -MP $(WARN) $(if $(CI),-Werror) $(CFLAGS_$(KIND)) $(CFLAGS)
ALL_LDFLAGS = $(LDFLAGS_$(KIND)) $(LDFLAGS)
Q        := $(if $(V),,@)

LAYERS   := app sync schema crypto
SOURCES  := $(wildcard $(addsuffix /*.c,$(LAYERS)))
OBJECTS  := $(SOURCES:%.c=$(B)/%.o)
ARCHIVES := $(foreach l,$(LAYERS),$(if $(wildcard $(l)/*.c),$(B)/lib$(l).a))
SQL      := $(wildcard schema/sql/*.sql)
TESTS    := $(wildcard tests/*/test_*.c)
TEST_BINS := $(TESTS:%.c=$(B)/%)
LDLIBS   = -lsqlite3 -lsodium -lutf8proc
TEST_LDLIBS = -lcriterion $(LDLIBS) -lmicrohttpd -lgnutls -lcurl

.PHONY: help all unit clean
help:
	@echo "make all | unit | clean   (KIND=release|asan|ubsan)"

all: $(ARCHIVES)

define archive_rule
$(B)/lib$(1).a: $$(patsubst %.c,$(B)/%.o,$$(filter-out $$(PROGRAM_SOURCES),$$(wildcard $(1)/*.c)))
	@rm -f $$@
	$$(Q)ar rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call archive_rule,$(l))))

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(if $(V),,@echo "  CC    $<")
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(TEST_BINS): $(B)/%: $(B)/%.o $(ARCHIVES)
	$(if $(V),,@echo "  LINK  $@")
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $< $(ARCHIVES) $(TEST_LDLIBS)

unit: $(TEST_BINS)
	@for t in $(TEST_BINS); do echo "$$t"; $$t --jobs 2 || exit 1; done

clean:
	rm -rf build

-include $(OBJECTS:.o=.d) $(TEST_BINS:%=%.d)

# What CI runs, exactly.
ci:
    .ci/run

fmt:
    cargo fmt

test:
    cargo test

bench:
    cargo bench

# Letters a second: the daemon against smtp-source (Debian's postfix) and nodemailer (where there is node), alternating.
bench-mail letters="4000" rounds="5":
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --release --bin schoolbell --example bench_mail
    nodemailer=()
    if command -v npm >/dev/null; then
      scratch=$(mktemp -d)
      trap 'rm -rf "$scratch"' EXIT
      (cd "$scratch" && npm install --silent --no-audit --no-fund nodemailer) && nodemailer=(--nodemailer "$scratch")
    fi
    target/release/examples/bench_mail --letters {{letters}} --rounds {{rounds}} "${nodemailer[@]}"

# Answers on disk a second over 64 connections, against POSTs of the same server that do nothing, alternating; and what the
# bureau's pages take, with a thousand schools and a year of facts.
bench-web presses="20000" rounds="5":
    cargo build --release --locked --bin schoolbell --example bench_web
    target/release/examples/bench_web --presses {{presses}} --rounds {{rounds}}

# So many simulated lives of so many days, on all cores; a violation prints its seed and the fewest mishaps that lead to it.
year seeds="200" days="60":
    cargo run --release --example year -- --seeds {{seeds}} --days {{days}}

# Breaks the program in each of the ways of tests/mutants.toml, and shows that a test notices.
mutants only="":
    cargo run --example mutants -- --only "{{only}}"

# The optimised program killed at any moment, so many times, with letters and answers in flight; and its ledger after so
# many power cuts. Both print their seed.
crash rounds="500" cuts="500" seed="1":
    SCHOOLBELL_ROUNDS={{rounds}} SCHOOLBELL_CUTS={{cuts}} SCHOOLBELL_SEED={{seed}} \
        cargo test --release --locked --test it -- --nocapture running::crash running::power

# The optimised program killed at random while so many letters go through Postfix into Dovecot's mailboxes; as root.
mail-crash letters="10000" kills="20" seed="1":
    SCHOOLBELL_LETTERS={{letters}} SCHOOLBELL_KILLS={{kills}} SCHOOLBELL_SEED={{seed}} \
        cargo test --release --locked --test it -- --nocapture running::mail_crash

# What people write, mutated, for so long; what is not read to an end is kept in the corpus that every test run tries.
fuzz seconds="300":
    cargo run --release --example fuzz -- --seconds {{seconds}}

# Backups while so many times thirty letters and answers flow; the time and size of each is printed.
load times="40":
    SCHOOLBELL_LOAD={{times}} cargo test --release --locked -- running::load --nocapture

# A ledger of so many years and units, made by the planner itself; how soon the daemon is ready with it, and in how much
# memory. Ten years of a thousand units take twenty minutes and 5 GB, once: with a folder of its own it is made only once.
decade folder="target/decade" years="10" units="1000":
    cargo build --release --bin schoolbell --example decade
    target/release/examples/decade --folder {{folder}} --years {{years}} --units {{units}}

# A .deb in target/debian.
deb:
    deploy/deb dist

# A container, by podman or docker.
image:
    deploy/image dist

# A program that also runs on systems as old as glibc 2.28; needs Python.
portable:
    deploy/portable dist

# All that a version is published as, with checksums; refused where CHANGELOG.md does not have the version.
release:
    deploy/release

# The READMEs' pictures, made anew by the program itself; needs Chromium and Chinese fonts.
pictures:
    cargo build --locked
    docs/pictures/make target/debug/schoolbell

# The package in a booted Debian 12: installed, started, used, hurt, upgraded, purged. Needs root.
systemd:
    tests/systemd/run

run:
    cargo run --release -- run

# Two weeks of May in seconds, in a folder of its own; then what one duty went through.
look:
    #!/usr/bin/env bash
    set -euo pipefail
    export STATE_DIRECTORY=$(mktemp -d)
    cargo run -- run --pretend-now 2026-05-06T07:59:00+08:00 --until 2026-05-20T09:00:00+08:00 --speed max
    cargo run -- why whole-school-drill-may@2026/s001
    echo "letters: $STATE_DIRECTORY/spool"

//! A million tokens that nobody signed: none opens anything, nor is one told more than that it is wrong.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use schoolbell::core::rehearsal::Chance;
use schoolbell::link::{Claim, LinkKeys, LinkRefused};

use super::{JUNE, NEW, OLD, TODAY, keys};

const SEED: u64 = 0x5eed_2026_0505;

/// On so many threads.
const PARTS: u64 = 4;

/// On each of them.
const MUTATIONS: usize = 250_000;

/// Genuine tokens, some by the old key, which is still in force.
struct Mint {
    old: LinkKeys,
    both: LinkKeys,
    stranger: LinkKeys,
}

/// Two genuine tokens, and what a mutation made of the first.
struct Draw<'a> {
    mint: &'a Mint,
    token: &'a str,
    bytes: Vec<u8>,
    other: Vec<u8>,
    claim: &'a Claim,
}

type Mutation = fn(Draw<'_>, &mut Chance) -> String;

/// Every way to spoil a token that comes to mind, with its name.
const MUTATIONS_OF_A_KIND: [(&str, Mutation); 22] = [
    ("a bit turned", |draw, chance| {
        let mut bytes = draw.bytes;
        let bit = below(chance, bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        encoded(&bytes)
    }),
    ("several bytes changed", |draw, chance| {
        let mut bytes = draw.bytes;
        for _ in 0..=below(chance, 4) {
            let at = below(chance, bytes.len());
            bytes[at] = byte(chance);
        }
        encoded(&bytes)
    }),
    ("two bytes exchanged", |draw, chance| {
        let mut bytes = draw.bytes;
        let (one, other) = (below(chance, bytes.len()), below(chance, bytes.len()));
        bytes.swap(one, other);
        encoded(&bytes)
    }),
    ("bytes cut off", |draw, chance| {
        let keep = below(chance, draw.bytes.len());
        let from_the_front = chance.below(2) == 0;
        let cut = if from_the_front {
            &draw.bytes[draw.bytes.len() - keep..]
        } else {
            &draw.bytes[..keep]
        };
        encoded(cut)
    }),
    ("characters cut off", |draw, chance| {
        draw.token[..below(chance, draw.token.len())].to_owned()
    }),
    ("a byte left out", |draw, chance| {
        let mut bytes = draw.bytes;
        bytes.remove(below(chance, bytes.len()));
        encoded(&bytes)
    }),
    ("bytes put in", |draw, chance| {
        let mut bytes = draw.bytes;
        for _ in 0..=below(chance, 8) {
            bytes.insert(below(chance, bytes.len() + 1), byte(chance));
        }
        encoded(&bytes)
    }),
    ("characters put on", |draw, chance| {
        let more = [
            "A", "AA", "AAAA", "=", "==", "-", ".", "/x", "%00", " ", "\n", "?a=b",
        ];
        format!("{}{}", draw.token, more[below(chance, more.len())])
    }),
    ("another letter", |draw, chance| {
        // The number stands before the signature; another one under the same signature.
        let mut bytes = draw.bytes;
        let at = bytes.len() - 17;
        bytes[at] = byte(chance);
        encoded(&bytes)
    }),
    ("what another token opens", |draw, _| {
        let (_, tag) = draw.bytes.split_at(draw.bytes.len() - 16);
        let (signed, _) = draw.other.split_at(draw.other.len() - 16);
        encoded(&[signed, tag].concat())
    }),
    ("another token's signature", |draw, _| {
        let (signed, _) = draw.bytes.split_at(draw.bytes.len() - 16);
        let (_, tag) = draw.other.split_at(draw.other.len() - 16);
        encoded(&[signed, tag].concat())
    }),
    ("another purpose", |draw, chance| {
        let mut bytes = draw.bytes;
        bytes[0] ^= u8::try_from(chance.below(15) + 1).unwrap() << 4;
        encoded(&bytes)
    }),
    ("another length of the key's name", |draw, chance| {
        let mut bytes = draw.bytes;
        bytes[0] ^= u8::try_from(chance.below(15) + 1).unwrap();
        encoded(&bytes)
    }),
    ("another key's name", |draw, _| {
        // Both keys are in force; each has signed under its own name only.
        let mut bytes = draw.bytes;
        bytes[2] = if bytes[2] == b'1' { b'2' } else { b'1' };
        encoded(&bytes)
    }),
    ("a key's name that is none", |draw, chance| {
        let mut bytes = draw.bytes;
        bytes[1 + below(chance, 2)] = byte(chance);
        encoded(&bytes)
    }),
    ("another day", |draw, chance| {
        let mut bytes = draw.bytes;
        bytes[3 + below(chance, 2)] = byte(chance);
        encoded(&bytes)
    }),
    (
        "a stranger's signature under our key's name",
        |draw, chance| {
            let days = i64::try_from(chance.below(400)).unwrap();
            let later = JUNE.saturating_add(jiff::Span::new().days(days));
            draw.mint.stranger.sign(draw.claim, later)
        },
    ),
    ("a signature of zeros, or of anything", |draw, chance| {
        let mut bytes = draw.bytes;
        let from = bytes.len() - 16;
        let fill = chance.below(2) == 0;
        for signed in &mut bytes[from..] {
            *signed = if fill { 0 } else { byte(chance) };
        }
        encoded(&bytes)
    }),
    (
        "the same bytes, spelt otherwise at the end",
        |draw, chance| {
            // The last character carries bits that no byte takes, unless the length is a multiple of three.
            let (body, last) = draw.token.split_at(draw.token.len() - 1);
            let last = ALPHABET.find(last).expect("a character of the alphabet");
            let free = match draw.token.len() % 4 {
                2 => 16,
                3 => 4,
                _ => return format!("{}\u{200b}", draw.token),
            };
            let spare = (last / free * free + below(chance, free)) % ALPHABET.len();
            format!("{body}{}", &ALPHABET[spare..=spare])
        },
    ),
    (
        "the same bytes in another alphabet, or padded",
        |draw, chance| match chance.below(4) {
            0 => STANDARD.encode(&draw.bytes),
            1 => URL_SAFE.encode(&draw.bytes),
            2 => draw.token.replace('-', "+").replace('_', "/"),
            _ => draw.token.replace(['-', '_'], ""),
        },
    ),
    ("upper and lower case", |draw, chance| {
        match chance.below(3) {
            0 => draw.token.to_lowercase(),
            1 => draw.token.to_uppercase(),
            _ => {
                let turned = below(chance, draw.token.len());
                let turn = |(at, c): (usize, char)| match c {
                    c if at != turned => c,
                    c if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
                    c => c.to_ascii_lowercase(),
                };
                draw.token.char_indices().map(turn).collect()
            }
        }
    }),
    ("white space and signs within", |draw, chance| {
        let mut text = draw.token.to_owned();
        let signs = [
            " ", "\n", "\r\n", "\t", "\0", "=", ".", "，", "\u{200b}", "\u{ff21}",
        ];
        text.insert_str(
            below(chance, text.len() + 1),
            signs[below(chance, signs.len())],
        );
        text
    }),
];

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn below(chance: &mut Chance, end: usize) -> usize {
    usize::try_from(chance.below(end as u64)).unwrap()
}

fn byte(chance: &mut Chance) -> u8 {
    u8::try_from(chance.below(256)).unwrap()
}

fn claim(chance: &mut Chance) -> Claim {
    let bytes = 1 + chance.below(4);
    let number = 1 + chance.below(1 << (8 * bytes));
    match chance.below(3) {
        0 => Claim::Letter(number),
        1 => Claim::SignIn(number),
        _ => Claim::Unit(format!("s{number}").as_str().into()),
    }
}

/// Mutates until there are so many that differ from their token; how many there were of each kind.
fn mutate(mint: &Mint, seed: u64) -> BTreeMap<&'static str, usize> {
    let mut chance = Chance::new(seed);
    let mut found: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut all = 0;
    while all < MUTATIONS {
        let (claim, other) = (claim(&mut chance), claim(&mut chance));
        let signer = if chance.below(2) == 0 {
            &mint.old
        } else {
            &mint.both
        };
        let (token, other) = (signer.sign(&claim, JUNE), mint.both.sign(&other, JUNE));
        assert_eq!(mint.both.verify(&token, TODAY), Ok(claim.clone()));
        for (kind, mutation) in MUTATIONS_OF_A_KIND {
            let draw = Draw {
                mint,
                token: &token,
                bytes: URL_SAFE_NO_PAD.decode(&token).unwrap(),
                other: URL_SAFE_NO_PAD.decode(&other).unwrap(),
                claim: &claim,
            };
            let mutated = mutation(draw, &mut chance);
            if mutated == token || mutated == other {
                continue;
            }
            // That it is too old, or opens something else, is told to genuine ones only.
            let refused = mint.both.verify(&mutated, TODAY);
            assert!(
                matches!(refused, Err(LinkRefused::Mangled | LinkRefused::Forged)),
                "seed {seed}: {kind}: {mutated:?}, made of {token:?}: {refused:?}"
            );
            *found.entry(kind).or_default() += 1;
            all += 1;
        }
    }
    found
}

#[test]
fn a_million_mutations_open_nothing() {
    let parts: Vec<_> = (0..PARTS)
        .map(|part| {
            std::thread::spawn(move || {
                let mint = Mint {
                    old: keys(OLD),
                    both: keys(&format!("{NEW}\n{OLD}")),
                    // Other secrets under our keys' names.
                    stranger: keys(&format!(
                        "{}\n{}",
                        NEW.replace("k2", "k1"),
                        OLD.replace("k1", "k2")
                    )),
                };
                mutate(&mint, SEED + part)
            })
        })
        .collect();
    let mut all: BTreeMap<&'static str, usize> = BTreeMap::new();
    for part in parts {
        for (kind, times) in part.join().expect("no mutation opens anything") {
            *all.entry(kind).or_default() += times;
        }
    }
    assert!(all.values().sum::<usize>() >= 1_000_000);
    for (kind, _) in MUTATIONS_OF_A_KIND {
        let times = all.get(kind).copied().unwrap_or(0);
        assert!(times > 5_000, "{kind}: {times} only");
    }
}
